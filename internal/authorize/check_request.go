package authorize

import (
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// RFC 6749 §4.1.1: state is opaque and returned as it came.
func checkState(q *request) error {
	state := q.form.Get("state")
	if len(state) > oauth.MaxState {
		return oauth.InvalidRequest("state_too_long", "state is over %d bytes; keep the data on your side and send a reference", oauth.MaxState)
	}
	q.record.State = []byte(state)
	return nil
}

func checkOnce(q *request) error {
	return q.form.Once("response_type", "response_mode", "scope", "state", "code_challenge", "code_challenge_method", "prompt", "login_hint")
}

// placeAnswer: RFC 6749 §4.2.2.1: whoever asks for a token is told in the fragment that it gets none.
func placeAnswer(q *request) error {
	q.record.Implicit = q.form.Get("response_type") == "token"
	return nil
}

func checkResponseType(q *request) error {
	switch sent := q.form.Get("response_type"); sent {
	case "code":
		return nil
	case "token":
		return mayTakeTokens(q.app)
	case "":
		return oauth.InvalidRequest("response_type_missing", "response_type is missing; send response_type=code").Got("(absent)", "code")
	default:
		return responseTypeUnsupported(sent)
	}
}

func responseTypeUnsupported(sent string) *oauth.Error {
	// RFC 9700 §2.1.2: tokens do not travel in redirects.
	return oauth.UnsupportedResponseType("response_type_unsupported", "response_type must be code").Got(oauth.Printable(sent), "code")
}

// mayTakeTokens: RFC 9700 §2.1.2 advises against tokens in redirects, so they are an operator's exception.
func mayTakeTokens(app core.App) error {
	switch {
	case !app.Profile.Rules().Implicit:
		return responseTypeUnsupported("token")
	case !app.Implicit:
		return oauth.UnauthorizedClient("implicit_off", "response_type=token is not switched on for this app; send response_type=code, or ask an operator, who can switch it on on the app's page")
	}
	return nil
}

func checkResponseMode(q *request) error {
	usual := "query"
	if q.record.Implicit {
		usual = "fragment"
	}
	if sent := q.form.Get("response_mode"); sent != "" && sent != usual {
		return oauth.InvalidRequest("response_mode_unsupported", "response_mode must be %s or absent", usual).Got(oauth.Printable(sent), usual)
	}
	if q.record.Implicit && q.record.RedirectURI == oauth.RedirectShownURI {
		return oauth.InvalidRequest("token_not_shown", "a token is not shown to people; send response_type=code with this redirect_uri")
	}
	return nil
}

// RFC 7636 §4.4.1, RFC 9700 §2.1.1: what cannot keep a secret must use PKCE.
func checkPKCE(q *request) error {
	if q.record.Implicit {
		return nil // there is no code that a challenge could bind
	}
	challenge := q.form.Get("code_challenge")
	if err := oauth.CheckChallenge(challenge, q.form.Get("code_challenge_method")); err != nil {
		return err
	}
	rules := q.app.Profile.Rules()
	if challenge == "" && (rules.PKCE || !q.app.Confidential() && !rules.BeforePKCE) {
		return oauth.InvalidRequest("pkce_required", "this app must use PKCE: send code_challenge and code_challenge_method=S256").Got("no code_challenge", "code_challenge with S256")
	}
	q.record.CodeChallenge = challenge
	return nil
}

// checkResource: RFC 8707 §2.1: for which APIs the app wants tokens.
func checkResource(q *request) (err error) {
	q.asked, err = q.room.Resources.Asked(q.form)
	if err == nil && q.record.Implicit && len(q.asked) > 1 {
		_, err = q.room.Resources.One(q.form) // there is no second request that could choose
	}
	return err
}

// RFC 6749 §3.3: without scope, the app gets what it may ask for; unknown scopes are refused, not dropped, so
// that nobody wonders later.
func checkScope(q *request) error {
	asked, err := oauth.ParseScope(q.form.Get("scope"))
	if err != nil {
		return err
	}
	// OIDC Core §11: every answer here has a refresh token, and the page says for how long. So there is nothing to grant.
	asked = asked.Minus(oauth.Scopes(oauth.OfflineAccess))
	allowed := q.app.MayAsk(q.room.Published)
	if !allowed.Covers(asked) {
		return oauth.InvalidScope("scope_not_allowed", "this app may not ask for: %s", asked.Minus(allowed)).Got(asked.String(), allowed.String())
	}
	if len(q.asked) == 0 {
		q.asked = q.room.Resources.Implied(asked)
	}
	if q.app.Stranger() {
		if q.asked, err = q.room.Resources.OfAgents(q.asked); err != nil {
			return err
		}
	}
	q.record.Resources = q.asked.Identifiers()
	switch {
	case len(q.asked) > 0:
		q.record.Scope, err = q.asked.Scope(asked, allowed)
	case len(asked) == 0:
		q.record.Scope = q.room.Resources.Usual(allowed)
	default:
		q.record.Scope = asked
	}
	return err
}

// takeAccountHint never fails: it is a hint, and whether there is such an account is nobody's business.
func takeAccountHint(q *request) error {
	if hint := q.form.Get(web.AccountHint); core.ValidSlug(hint) {
		q.record.AccountHint = hint
	}
	return nil
}

// OIDC Core §3.1.2.1 defines prompt; clients send it without openid, too.
func checkPrompt(q *request) error {
	prompts, err := oauth.ParseScope(q.form.Get("prompt")) // the same syntax
	if err != nil {
		return oauth.InvalidRequest("prompt_invalid", "prompt must be none, login, consent or select_account")
	}
	for _, p := range prompts {
		switch p {
		case "none":
			q.record.Silent = true
		case "login", "select_account":
			q.record.SignInAgain = true
		case "consent":
			q.record.AskAgain = true
		default:
			return oauth.InvalidRequest("prompt_invalid", "prompt must be none, login, consent or select_account").Got(oauth.Printable(p), "none, login, consent or select_account")
		}
	}
	if q.record.Silent && len(prompts) > 1 {
		return oauth.InvalidRequest("prompt_invalid", "prompt=none cannot be combined with another prompt").Got(prompts.String(), "none")
	}
	if hint := q.form.Get("login_hint"); len(hint) <= 254 {
		q.record.LoginHint = hint
	}
	return nil
}
