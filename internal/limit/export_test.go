package limit

// Occupy takes all connections, as many questions at once do, until they are let go.
func (x *Redis) Occupy() (letGo func()) {
	for range redisConnections {
		conn := <-x.idle
		was := letGo
		letGo = func() {
			x.rest(conn)
			if was != nil {
				was()
			}
		}
	}
	return letGo
}
