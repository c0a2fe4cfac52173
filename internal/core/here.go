package core

// Here runs a task where it came up. Caches tidy up a little with every few reads; a goroutine of its own for that wakes
// another processor each time, which costs more than the tidying.
func Here(task func()) { task() }
