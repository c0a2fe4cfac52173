package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"launchpad/internal/doctor"
)

// runDoctor runs the command and gives what it printed, and the status.
func runDoctor(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	command := doctorCommand()
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(&out)
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	return out.String(), status(err)
}

func TestTheDoctorsStatus(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"something breaks":  {[]string{empty.URL}, 1},
		"nobody is there":   {[]string{away.URL}, 2},
		"no address":        {[]string{"nonsense"}, 2},
		"no such output":    {[]string{empty.URL, "--output", "xml"}, 2},
		"no configuration":  {[]string{"--config", "/nowhere/launchpad.toml"}, 2},
		"no such flag":      {[]string{"--nonsense"}, 2},
		"too many issuers":  {[]string{empty.URL, empty.URL}, 2},
		"half an app":       {[]string{empty.URL, "--client-id", "app"}, 2},
		"an API that is no": {[]string{empty.URL, "--api", "/v3"}, 2},
	} {
		if out, got := runDoctor(t, c.args...); got != c.want {
			t.Errorf("%s: status %d, want %d\n%s", name, got, c.want, out)
		}
	}
	if err := tell(io.Discard, &doctor.Report{Checks: []doctor.Result{{Verdict: doctor.Stumbles}}}, "text"); status(err) != 0 {
		t.Errorf("status %d if nothing fails: %v", status(err), err)
	}
}

func TestTheDoctorTellsMachinesAndPeople(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	out, _ := runDoctor(t, empty.URL, "--output", "json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Checks) != len(doctor.Checks()) || report.Verdict != doctor.Fails {
		t.Errorf("%v\n%s", err, out)
	}
	out, _ = runDoctor(t, empty.URL)
	if strings.Contains(out, "\x1b") || !strings.Contains(out, "FAILS     discovery.spellings") {
		t.Errorf("a file, not a terminal, got\n%s", out)
	}
}

// Without an issuer, that of the server's configuration is looked at.
func TestTheDoctorKnowsTheConfiguredIssuer(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	t.Setenv("LAUNCHPAD_ISSUER", empty.URL)
	if out, got := runDoctor(t); got != 1 || !strings.Contains(out, empty.URL) {
		t.Errorf("status %d\n%s", got, out)
	}
}
