package lptest

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
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
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(free.Addr().String())
		free.Close()
		r := &Redis{URL: "redis://127.0.0.1:" + port, t: t, port: port}
		r.Start()
		t.Cleanup(r.Kill)
		test(t, r)
	})
}

// Start starts it, empty.
func (r *Redis) Start() {
	r.t.Helper()
	r.run = exec.Command("redis-server", "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.t.TempDir())
	if err := r.run.Start(); err != nil {
		r.t.Fatal(err)
	}
	// Nothing tells when another process listens: it is tried.
	for begun := time.Now(); time.Since(begun) < 10*time.Second; runtime.Gosched() {
		if conn, err := net.DialTimeout("tcp", "127.0.0.1:"+r.port, time.Second); err == nil {
			conn.Close()
			return
		}
	}
	r.t.Fatal("redis-server does not listen")
}

// Kill ends it at once.
func (r *Redis) Kill() {
	if r.run != nil {
		_ = r.run.Process.Kill()
		_ = r.run.Wait()
		r.run = nil
	}
}
