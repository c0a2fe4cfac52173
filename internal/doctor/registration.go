package doctor

import (
	"net/http"
	"strings"
)

var registrationChecks = []Check{
	{
		ID: "registration.errors", Looks: "A bad registration is refused with 400, as JSON with error (RFC 7591 §3.2.2)",
		Concerns: agents, Worst: Fails, Breaks: "Cannot read why it was refused, and shows its user something else.",
		Mend: "Pass POST with a JSON body on to Launchpad; let no proxy answer errors itself.", see: registrationErrors,
	},
}

// noRegistration can be accepted by nobody.
const noRegistration = `{"redirect_uris":["javascript:doctor"],"client_name":"launchpad doctor"}`

func registrationErrors(l *look) finding {
	address, ok := l.endpoint("registration_endpoint")
	if !ok {
		return without("no registration_endpoint")
	}
	a := l.ask(question{method: http.MethodPost, url: address, headers: "Content-Type: application/json", body: noRegistration})
	if code := a.errorCode(); a.err != nil || a.status != http.StatusBadRequest || !strings.HasPrefix(code, "invalid_") {
		return bad(strings.TrimSpace(a.String()+" "+code), "400 application/json invalid_redirect_uri")
	}
	return good("400 %s", a.errorCode())
}
