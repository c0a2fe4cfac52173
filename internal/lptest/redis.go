package lptest

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Redis is a real one, on loopback, that keeps nothing.
type Redis struct {
	URL  string
	t    testing.TB
	port string
	run  *exec.Cmd
}

// EachRedis runs a test with a Redis if there is one on this machine. Where one is required its absence is a failure.
func EachRedis(t *testing.T, test func(t *testing.T, r *Redis)) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if strings.Contains(os.Getenv(envRequire), "redis") {
			t.Fatalf("%s asks for redis, but there is no redis-server", envRequire)
		}
		return
	}
	t.Run("redis", func(t *testing.T) {
		address := FreeAddress(t)
		_, port, _ := net.SplitHostPort(address)
		r := &Redis{URL: "redis://" + address, t: t, port: port}
		r.Start()
		t.Cleanup(r.Kill)
		test(t, r)
	})
}

// Start starts it, empty.
func (r *Redis) Start() {
	r.t.Helper()
	r.run = exec.Command("redis-server", "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.t.TempDir())
	said, err := r.run.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.run.Start(); err != nil {
		r.t.Fatal(err)
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, said) }() // nobody listens any more, and it must not wait for that
			return
		}
	}
	r.t.Fatal("redis-server ended before it listened")
}

// Kill ends it at once.
func (r *Redis) Kill() {
	if r.run != nil {
		_ = r.run.Process.Kill()
		_ = r.run.Wait()
		r.run = nil
	}
}
