package conformance

import (
	"net/url"
	"strings"
)

// Answers that many rows share.
const (
	tokenJSON = "200 application/json\n" +
		`{"access_token":"{access}","token_type":"Bearer","expires_in":7200,"refresh_token":"{refreshed}","scope":"dashboards:read dashboards:write","created_at":{seconds}}`
	tokenXML = "200 application/xml\n<?xml version='1.0' encoding='utf-8'?>\n<OAuth><access_token>{access}</access_token><token_type>Bearer</token_type><expires_in>7200</expires_in>" +
		"<refresh_token>{refreshed}</refresh_token><scope>dashboards:read dashboards:write</scope><created_at>{seconds}</created_at></OAuth>"
	tokenForm = "200 application/x-www-form-urlencoded\n" +
		"access_token={access}&token_type=Bearer&expires_in=7200&refresh_token={refreshed}&scope=dashboards%3Aread+dashboards%3Awrite&created_at={seconds}"

	// tokenBoth is for readers of JSON and of forms: see what Rack::Utils.parse_query makes of it.
	tokenBoth = "200 application/json\n" +
		`{"access_token":"{access}","token_type":"Bearer","expires_in":7200,"refresh_token":"{refreshed}","scope":"dashboards:read dashboards:write","created_at":{seconds},"form":"&access_token={access}&token_type=Bearer&expires_in=7200&refresh_token={refreshed}&scope=dashboards%3Aread+dashboards%3Awrite&created_at={seconds}&"}`

	codeComes      = "302 {redirect}?code={code}&iss={issuerquery}"
	codeWithState  = "302 {redirect}?code={code}&state=a+b&iss={issuerquery}"
	tokenComes     = "302 {redirect}#access_token={access}&token_type=Bearer&expires_in=900&scope=dashboards%3Aread+dashboards%3Awrite&state=xyz&iss={issuerquery}"
	nothing        = "200 application/json\n{}"
	tokenInfo      = "200 application/json\n" + `{"resource_owner_id":{owner},"scope":["dashboards:read","dashboards:write"],"expires_in":7200,"application":{"uid":"{id}"},"created_at":{seconds}}`
	dashboardsCome = "200 application/json\n" + `{"account":"sample-bakery","dashboards":[{"id":1,"title":"Loaves per day"},{"id":2,"title":"Flour in stock"}]}`
)

// refusalJSON, refusalXML and refusalForm are what a token request is refused with.
func refusalJSON(status, name, slug string) string {
	return status + " application/json\n" + `{"error":"` + name + `","error_description":"` + descriptions[slug] + `","error_uri":"{issuer}/docs/errors/` + slug + `","trace":"{trace}"}`
}

// refusalBoth is what one is refused with who may read JSON or a form.
func refusalBoth(name, slug string) string {
	asJSON, asForm := refusalJSON("400", name, slug), refusalForm(name, slug)
	_, pairs, _ := strings.Cut(asForm, "\n")
	asJSON = strings.ReplaceAll(asJSON, ";", `\u003b`) // where a reader of forms would begin anew
	return strings.TrimSuffix(asJSON, "}") + `,"form":"&` + pairs + `&"}`
}

func refusalXML(name, slug string) string {
	return "400 application/xml\n<?xml version='1.0' encoding='utf-8'?>\n<OAuth><error>" + name + "</error><error_description>" + strings.ReplaceAll(descriptions[slug], "'", "&#39;") + "</error_description><error_uri>{issuer}/docs/errors/" + slug + "</error_uri><trace>{trace}</trace></OAuth>"
}

func refusalForm(name, slug string) string {
	return "400 application/x-www-form-urlencoded\nerror=" + name + "&error_description=" + words(slug) + "&error_uri={issuerquery}%2Fdocs%2Ferrors%2F" + slug + "&trace={trace}"
}

// words of a description in a form.
func words(slug string) string {
	return strings.NewReplacer("%7Btext%7D", "{words}", "%7Bissuer%7D", "{issuerquery}").Replace(url.QueryEscape(descriptions[slug]))
}

// deleted is what the app hears whose person refused on an old consent page.
func deleted(mark, name string) string {
	return strings.Replace(sentBack(mark, name, "consent_denied"), "302", "303", 1)
}

// sentBack is a refusal that goes to the app.
func sentBack(mark, name, slug string) string {
	return "302 {redirect}" + mark + "error=" + name + "&error_description=" + words(slug) + "&error_uri={issuerquery}%2Fdocs%2Ferrors%2F" + slug + "&state=xyz&iss={issuerquery}"
}

// descriptions are what clients of that age show to their people, or write where their developers look.
var descriptions = map[string]string{
	"access_token_unknown":         "The access token is invalid. It is not one of this server, or it was changed on the way; send it exactly as it was issued",
	"client_authentication_failed": "the client_id is unknown or the client_secret is wrong; compare both with the app's page in the portal",
	"client_secret_missing":        "this app must authenticate: send its client_secret by HTTP Basic or in the body",
	"code_redirect_uri":            "redirect_uri must be the same as in the authorization request (received: {text}; expected: {text})",
	"code_unknown":                 "this is not a code of this server, or it was changed on the way; send it exactly as it arrived in the redirect",
	"consent_denied":               "the person did not authorize the app",
	"consent_required":             "the person has not yet allowed this, and prompt=none forbids to ask",
	"grant_type_missing":           "grant_type is missing; send one of {text} (type is the name of an older draft, which this app does not speak) (received: (absent); expected: authorization_code)",
	"malformed_encoding":           "a parameter has a broken percent-encoding; encode it as a form field",
	"malformed_old_header":         "the Authorization header holds no token; better than Token, send the word Bearer, one space and the token",
	"parameters_in_query":          "the token request has parameters in its address; send all of them in the form body (received: a query string; expected: an empty query and a form body)",
	"refresh_token_unknown":        "this is not a refresh token of this server, or it was changed on the way; send it exactly as it was issued",
	"repeated_parameter":           "the parameter code was sent more than once; send it once (received: code twice or more; expected: code once)",
	"response_type_unsupported":    "response_type must be code (received: carrier_pigeon; expected: code)",
	"secret_type_unsupported":      "tokens with a secret of their own are not issued here; leave secret_type out (received: hmac-sha256; expected: no secret_type)",
	"too_many_parameters":          "the request has more than 200 parameters",
	"two_tokens":                   "two different tokens came along; send one, in the Authorization header (received: two tokens; expected: one, in the Authorization header)",
	"type_unknown":                 "type must be web_server, refresh or refresh_token here; better, send grant_type (received: {text}; expected: web_server)",
	"wrong_content_type":           "the body must be a form: set Content-Type to application/x-www-form-urlencoded (received: Content-Type: text/plain; expected: Content-Type: application/x-www-form-urlencoded)",
}

var oldRequests = []oldRequest{
	// The Ruby gem, 0.0.1 to 0.0.8, of 2010.
	{from: "gem 0.0.8, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&type=web_server", person: "allows", answer: codeComes, refused: "response_type_missing"},
	{from: "gem 0.0.8, authorize with state", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&state=a%20b&type=web_server", person: "allows", answer: codeWithState, refused: "response_type_missing"},
	{from: "gem 0.0.8, authorize without redirect_uri", request: "GET /oauth/authorize?client_id={id}&type=web_server", person: "allows", answer: codeComes, refused: "response_type_missing"},
	{from: "gem 0.0.8, token", request: "POST /oauth/access_token\n\nclient_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}&type=web_server", answer: tokenBoth, refused: "grant_type_missing"},
	{from: "gem 0.0.8, token, for a reader of forms", request: "POST /oauth/access_token\n\nclient_id={id}&client_secret={secret}&code={code}&format=form&redirect_uri={redirect}&type=web_server", answer: tokenForm, refused: "grant_type_missing"},
	{from: "gem 0.0.8, refresh", request: "POST /oauth/access_token\n\nclient_id={id}&client_secret={secret}&refresh_token={refresh}&type=refresh", answer: tokenBoth, refused: "grant_type_missing"},
	{from: "gem 0.0.8, call", request: "GET /v3/dashboards?access_token={token}", answer: dashboardsCome, refused: "query_token_refused", oauth2: everybody},
	{from: "gem 0.0.8, wrong secret", request: "POST /oauth/access_token\n\nclient_id={id}&client_secret=wrong&code={code}&redirect_uri={redirect}&type=web_server", answer: refusalBoth("incorrect_client_credentials", "client_authentication_failed"), refused: "grant_type_missing"},
	{from: "gem 0.0.8, code that is none", request: "POST /oauth/access_token\nAccept: */*\n\nclient_id={id}&client_secret={secret}&code=i1WsRn1uB1&redirect_uri={redirect}&type=web_server", answer: refusalBoth("bad_verification_code", "code_unknown"), refused: "grant_type_missing"},
	{from: "gem 0.0.8, refresh that is over", request: "POST /oauth/access_token\nAccept: */*\n\nclient_id={id}&client_secret={secret}&refresh_token=BAhbByIB&type=refresh", answer: refusalBoth("authorization_expired", "refresh_token_unknown"), refused: "grant_type_missing"},
	{from: "gem 0.0.3, token by GET", request: "GET /oauth/access_token?client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}&type=web_server", answer: tokenBoth, refused: "method_not_allowed"},
	{from: "gem 0.0.3, wrong secret by GET", request: "GET /oauth/access_token?client_id={id}&client_secret=wrong&code={code}&redirect_uri={redirect}&type=web_server", answer: refusalBoth("incorrect_client_credentials", "client_authentication_failed"), refused: "method_not_allowed"},
	{from: "gem 0.0.3, token by GET without redirect_uri", request: "GET /oauth/access_token?client_id={id}&client_secret={secret}&code={barecode}&type=web_server", answer: tokenBoth, refused: "method_not_allowed"},
	{from: "gem 0.0.3, the same where it was sent before", request: "GET /oauth/access_token?client_id={id}&client_secret={secret}&code={code}&type=web_server", answer: refusalBoth("redirect_uri_mismatch", "code_redirect_uri"), refused: "method_not_allowed"},
	{from: "the same asking for JSON", request: "POST /oauth/access_token\nAccept: application/json\n\nclient_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}&type=web_server", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "the same at the address of today", request: "POST /oauth/token\nAccept: */*\n\nclient_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}&type=web_server", answer: tokenJSON, refused: "grant_type_missing"},

	// 0.0.9 to 0.1.
	{from: "gem 0.1.0, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&scope=dashboards%3Aread+dashboards%3Awrite&type=web_server", person: "allows", answer: codeComes, refused: "response_type_missing"},
	{from: "gem 0.1.0, token", request: "POST /oauth/access_token\nAccept: application/json\n\ntype=web_server&code={code}&redirect_uri={redirect}&client_id={id}&client_secret={secret}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "gem 0.1.0, refresh", request: "POST /oauth/access_token\n\ntype=refresh_token&refresh_token={refresh}&client_id={id}&client_secret={secret}", answer: tokenBoth, refused: "grant_type_missing"},
	{from: "gem 0.1.0, call", request: "GET /v3/dashboards?access_token={token}\nAuthorization: Token token=\"{token}\"", answer: dashboardsCome, refused: "two_tokens"},
	{from: "gem 0.1.0, call by header alone", request: "GET /v3/dashboards\nAuthorization: Token token=\"{token}\"", answer: dashboardsCome, refused: "old_way_refused"},

	// 0.2 to 0.4.1, of 2011.
	{from: "gem 0.4.1, authorize", request: "GET /oauth/authorize?response_type=code&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "gem 0.4.1, token", request: "POST /oauth/access_token\n\ngrant_type=authorization_code&code={code}&redirect_uri={redirect}&client_id={id}&client_secret={secret}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "gem 0.4.1, refresh", request: "POST /oauth/access_token\n\ngrant_type=refresh_token&refresh_token={refresh}&client_id={id}&client_secret={secret}", answer: tokenJSON, refused: everybody},
	{from: "gem 0.4.1, call", request: "GET /v3/dashboards?oauth_token={token}\nAuthorization: OAuth {token}", answer: dashboardsCome, refused: "two_tokens"},
	{from: "gem 0.4.1, call by parameter alone", request: "GET /v3/dashboards?oauth_token={token}", answer: dashboardsCome, refused: "old_way_refused"},
	{from: "gem 0.4.1, call by header alone", request: "GET /v3/dashboards\nAuthorization: OAuth {token}", answer: dashboardsCome, refused: "old_way_refused"},
	{from: "gem 0.4.1, wrong secret", request: "POST /oauth/access_token\n\ngrant_type=authorization_code&code={code}&redirect_uri={redirect}&client_id={id}&client_secret=wrong", answer: refusalJSON("401", "invalid_client", "client_authentication_failed"), refused: everybody},

	// 0.5 to 0.8.
	{from: "gem 0.8.1, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&response_type=code", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "gem 0.8.1, token", request: "POST /oauth/token\n\nclient_id={id}&client_secret={secret}&code={code}&grant_type=authorization_code&redirect_uri={redirect}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "gem 0.8.1, refresh", request: "POST /oauth/token\n\nclient_id={id}&client_secret={secret}&grant_type=refresh_token&refresh_token={refresh}", answer: tokenJSON, refused: everybody},
	{from: "gem 0.8.1, call", request: "GET /v3/dashboards\nAuthorization: Bearer {token}", answer: dashboardsCome, refused: everybody},
	{from: "gem 0.8.1, call by parameter", request: "GET /v3/dashboards?bearer_token={token}", answer: dashboardsCome, refused: "old_way_refused"},

	// 0.9 to 1.4.
	{from: "gem 1.4.7, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&response_type=code&state=xyz&scope=dashboards%3Aread", person: "allows", answer: "302 {redirect}?code={code}&state=xyz&iss={issuerquery}", refused: "pkce_required", oauth2: everybody},
	{from: "gem 1.4.7, token", request: "POST /oauth/token\nUser-Agent: Faraday v0.17.3\nAccept: */*\n\nclient_id={id}&client_secret={secret}&code={code}&grant_type=authorization_code&redirect_uri={redirect}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "gem 1.4.7, refresh", request: "POST /oauth/token\n\nclient_id={id}&client_secret={secret}&grant_type=refresh_token&refresh_token={refresh}", answer: tokenJSON, refused: everybody},
	{from: "gem 1.4.7, call", request: "GET /v3/dashboards\nAuthorization: Bearer {token}", answer: dashboardsCome, refused: everybody},
	{from: "gem 1.4.7, call by parameter", request: "GET /v3/dashboards?access_token={token}", answer: dashboardsCome, refused: "query_token_refused", oauth2: everybody},

	// 2.x.
	{from: "gem 2.0.9, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&response_type=code", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "gem 2.0.9, token", request: "POST /oauth/token\nBasic: {id}:{secret}\n\ncode={code}&grant_type=authorization_code&redirect_uri={redirect}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "gem 2.0.9, refresh", request: "POST /oauth/token\nBasic: {id}:{secret}\n\ngrant_type=refresh_token&refresh_token={refresh}", answer: tokenJSON, refused: everybody},
	{from: "gem 2.0.9, call", request: "GET /v3/dashboards\nAuthorization: Bearer {token}", answer: dashboardsCome, refused: everybody},
	{from: "gem 2.0.9, call by parameter", request: "GET /v3/dashboards?access_token={token}", answer: dashboardsCome, refused: "query_token_refused", oauth2: everybody},
	{from: "gem 2.0.10, revoke", request: "POST /oauth/revoke?token={token}&token_type_hint=access_token", answer: nothing, refused: everybody},
	{from: "gem 2.0.10, revoke the refresh token", request: "POST /oauth/revoke?token={refresh}&token_type_hint=refresh_token", answer: nothing, refused: everybody},

	// The page, edition of 2013: everything in the address of a POST without a body.
	{from: "page of 2013, authorize", request: "GET /oauth/authorize?response_type=code&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "page of 2013, token", request: "POST /oauth/token?client_id={id}&redirect_uri={redirect}&client_secret={secret}&code={code}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "page of 2013, refresh", request: "POST /oauth/token?client_id={id}&client_secret={secret}&refresh_token={refresh}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "page of 2013, call", request: "GET /v3/dashboards?access_token={token}", answer: dashboardsCome, refused: "query_token_refused", oauth2: everybody},
	{from: "page of 2013, other redirect_uri", request: "POST /oauth/token?client_id={id}&redirect_uri=http%3A%2F%2Fmyapp.com%2Foauth&client_secret={secret}&code={code}", answer: refusalJSON("400", "redirect_uri_mismatch", "code_redirect_uri"), refused: "parameters_in_query"},
	{from: "page of 2013, no redirect_uri", request: "POST /oauth/token?client_id={id}&client_secret={secret}&code={code}", answer: refusalJSON("400", "redirect_uri_mismatch", "code_redirect_uri"), refused: "parameters_in_query"},
	{from: "page of 2013, code that is none", request: "POST /oauth/token?client_id={id}&redirect_uri={redirect}&client_secret={secret}&code=i1WsRn1uB1", answer: refusalJSON("400", "bad_verification_code", "code_unknown"), refused: "parameters_in_query"},
	{from: "page of 2013, no secret", request: "POST /oauth/token?client_id={id}&redirect_uri={redirect}&code={code}", answer: refusalJSON("400", "incorrect_client_credentials", "client_secret_missing"), refused: "parameters_in_query"},

	// The sibling's page.
	{from: "sibling, authorize", request: "GET /authorization/new?type=web_server&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "response_type_missing"},
	{from: "sibling, authorize, refused", request: "GET /authorization/new?type=web_server&client_id={id}&redirect_uri={redirect}&state=xyz", person: "denies", answer: sentBack("?", "user_denied", "consent_denied"), refused: "response_type_missing"},
	{from: "sibling, token", request: "POST /authorization/token?type=web_server&client_id={id}&redirect_uri={redirect}&client_secret={secret}&code={code}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "sibling, refresh", request: "POST /authorization/token?type=refresh&refresh_token={refresh}&client_id={id}&redirect_uri={redirect}&client_secret={secret}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "sibling, refresh with somebody's token", request: "POST /authorization/token?type=refresh&refresh_token=BAhbByIB&client_id={id}&redirect_uri={redirect}&client_secret={secret}", answer: refusalJSON("400", "authorization_expired", "refresh_token_unknown"), refused: "parameters_in_query"},
	{from: "sibling, first request", request: "GET /authorization.json\nAuthorization: Token token=\"{token}\"", refused: "old_way_refused",
		answer: "200 application/json\n" + `{"expires_at":"{moment}","identity":{"id":"{uuid}","first_name":"Sam","last_name":"Sample","email_address":"sam@example.com"},"accounts":[` +
			`{"product":"Launchpad","id":"{uuid}","name":"Sample Bakery","href":"{issuer}/v3/accounts/sample-bakery","app_href":"{issuer}/accounts/sample-bakery"},` +
			`{"product":"Launchpad","id":"{uuid}","name":"Sample Cinema","href":"{issuer}/v3/accounts/sample-cinema","app_href":"{issuer}/accounts/sample-cinema"}]}`},
	{from: "sibling, first request as XML", request: "GET /authorization.xml?access_token={token}", refused: "query_token_refused", oauth2: everybody,
		answer: "200 application/xml\n<?xml version='1.0' encoding='utf-8'?>\n<authorization><expires_at>{moment}</expires_at>" +
			"<identity><id>{uuid}</id><first_name>Sam</first_name><last_name>Sample</last_name><email_address>sam@example.com</email_address></identity><accounts>" +
			"<account><product>Launchpad</product><id>{uuid}</id><name>Sample Bakery</name><href>{issuer}/v3/accounts/sample-bakery</href><app_href>{issuer}/accounts/sample-bakery</app_href></account>" +
			"<account><product>Launchpad</product><id>{uuid}</id><name>Sample Cinema</name><href>{issuer}/v3/accounts/sample-cinema</href><app_href>{issuer}/accounts/sample-cinema</app_href></account></accounts></authorization>"},

	// The portal of Doorkeeper.
	{from: "Doorkeeper, token info", request: "GET /oauth/token/info\nAuthorization: Bearer {token}", answer: tokenInfo, refused: everybody},
	{from: "Doorkeeper, token info by parameter", request: "GET /oauth/token/info?access_token={token}", answer: tokenInfo, refused: "query_token_refused", oauth2: everybody},
	{from: "Doorkeeper, token info by its other parameter", request: "GET /oauth/token/info?bearer_token={token}", answer: tokenInfo, refused: "old_way_refused"},
	{from: "Doorkeeper, info of a token that is none", request: "GET /oauth/token/info?access_token=nonsense", answer: refusalJSON("401", "invalid_token", "access_token_unknown"), refused: everybody},
	{from: "Doorkeeper, code to copy", request: "GET /oauth/authorize?response_type=code&client_id={id}&redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob", shown: true, person: "allows", answer: "200 /oauth/authorize/native {code}", refused: "redirect_uri_mismatch", oauth2: everybody},
	{from: "Doorkeeper, code to copy, in draft 5", request: "GET /oauth/authorize?type=web_server&client_id={id}&redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob", shown: true, person: "allows", answer: "200 /oauth/authorize/native {code}", refused: "redirect_uri_mismatch", oauth2: "response_type_missing"},
	{from: "Doorkeeper, consent page, refused", request: "DELETE /oauth/authorize?response_type=code&client_id={id}&redirect_uri={redirect}&state=xyz", answer: deleted("?", "access_denied"), refused: everybody},
	{from: "Doorkeeper, consent page, refused by a form", request: "DELETE /oauth/authorize\n\nresponse_type=code&client_id={id}&redirect_uri={redirect}&state=xyz", answer: deleted("?", "access_denied"), refused: everybody},
	{from: "draft 5, consent page, refused", request: "DELETE /oauth/authorize?type=web_server&client_id={id}&redirect_uri={redirect}&state=xyz", answer: deleted("?", "user_denied"), refused: "consent_denied"},
	{from: "draft 5, consent page of a user_agent, refused", request: "DELETE /oauth/authorize?type=user_agent&client_id={id}&redirect_uri={redirect}&state=xyz", answer: deleted("#", "user_denied"), refused: "consent_denied"},
	{from: "sibling, consent page, refused", request: "DELETE /authorization/new?type=web_server&client_id={id}&redirect_uri={redirect}&state=xyz", answer: deleted("?", "user_denied"), refused: "consent_denied"},

	// At an account's host.
	{from: "gem 0.0.8 at an account's host, authorize", request: "GET /oauth/authorize?client_id={id}&redirect_uri={redirect}&type=web_server\nHost: {host}", answer: "302 {issuer}/oauth/authorize?account={first}&client_id={id}&redirect_uri={redirectquery}&type=web_server", refused: everybody},
	{from: "gem 0.0.8 at an account's host, token", request: "POST /oauth/access_token\nHost: {host}\nAccept: */*\n\nclient_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}&type=web_server", answer: tokenBoth, refused: "grant_type_missing"},
	{from: "page of 2013 at an account's host, token", request: "POST /oauth/token?client_id={id}&redirect_uri={redirect}&client_secret={secret}&code={code}\nHost: {host}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "page of 2013 at an account's host, call", request: "GET /v3/dashboards?access_token={token}\nHost: {host}", answer: dashboardsCome, refused: "query_token_refused", oauth2: everybody},
	{from: "gem 0.4.1 at an account's host, call", request: "GET /v3/dashboards?oauth_token={token}\nHost: {host}\nAuthorization: OAuth {token}", answer: dashboardsCome, refused: "two_tokens"},
	{from: "gem 2.0.9 at an account's host, token", request: "POST /oauth/token\nHost: {host}\nBasic: {id}:{secret}\n\ncode={code}&grant_type=authorization_code&redirect_uri={redirect}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "sibling at an account's host, refresh", request: "POST /authorization/token?type=refresh&refresh_token={refresh}&client_id={id}&redirect_uri={redirect}&client_secret={secret}\nHost: {host}", answer: tokenJSON, refused: "parameters_in_query"},

	// Mixed: what is newer wins.
	{from: "mixed, authorize", request: "GET /oauth/authorize?type=web_server&response_type=code&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "mixed, authorize, type contradicts", request: "GET /oauth/authorize?type=user_agent&response_type=code&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "pkce_required", oauth2: everybody},
	{from: "mixed, authorize, refused", request: "GET /oauth/authorize?type=web_server&response_type=code&client_id={id}&redirect_uri={redirect}&state=xyz", person: "denies", answer: sentBack("?", "access_denied", "consent_denied"), refused: "pkce_required", oauth2: everybody},
	{from: "mixed, token", request: "POST /oauth/token\n\ntype=refresh&grant_type=authorization_code&code={code}&redirect_uri={redirect}&client_id={id}&client_secret={secret}", answer: tokenJSON, refused: "pkce_verifier_missing", oauth2: everybody},
	{from: "mixed, token, grant_type in the address", request: "POST /oauth/token?grant_type=authorization_code&client_id={id}&client_secret={secret}\n\ncode={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "mixed, token, error in today's words", request: "POST /oauth/token?grant_type=authorization_code&client_id={id}&client_secret={secret}&code=x&redirect_uri={redirect}", answer: refusalJSON("400", "invalid_grant", "code_unknown"), refused: "parameters_in_query"},
	{from: "mixed, token, the same twice", request: "POST /oauth/token?type=web_server&client_id={id}&client_secret={secret}\n\nclient_id={id}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "parameters_in_query"},
	{from: "mixed, token, two codes", request: "POST /oauth/token?type=web_server&client_id={id}&client_secret={secret}&code=x\n\ncode={code}&redirect_uri={redirect}", answer: refusalJSON("400", "invalid_request", "repeated_parameter"), refused: "parameters_in_query"},
	{from: "mixed, token, Basic and address", request: "POST /oauth/token?code={code}&redirect_uri={redirect}\nBasic: {id}:{secret}", answer: tokenJSON, refused: "parameters_in_query"},

	// Formats.
	{from: "format=json", request: "POST /oauth/token\n\ntype=web_server&format=json&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "format=xml", request: "POST /oauth/token?type=web_server&format=xml&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenXML, refused: "parameters_in_query"},
	{from: "format=form", request: "POST /oauth/token?type=refresh&format=form&client_id={id}&client_secret={secret}&refresh_token={refresh}", answer: tokenForm, refused: "parameters_in_query"},
	{from: "format=yaml", request: "POST /oauth/token\n\ntype=web_server&format=yaml&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "Accept: application/xml", request: "POST /oauth/token\nAccept: application/xml\n\ntype=web_server&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenXML, refused: "grant_type_missing"},
	{from: "Accept: a form", request: "POST /oauth/token\nAccept: text/plain, application/x-www-form-urlencoded;q=0.9\n\ntype=web_server&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenForm, refused: "grant_type_missing"},
	{from: "Accept: anything, then XML", request: "POST /oauth/token\nAccept: */*; q=0.5, application/xml\n\ntype=web_server&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "format over Accept", request: "POST /oauth/token\nAccept: application/xml\n\ntype=web_server&format=json&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "format=xml, refused", request: "POST /oauth/token\n\ntype=web_server&format=xml&client_id={id}&client_secret={secret}&code=x&redirect_uri={redirect}", answer: refusalXML("bad_verification_code", "code_unknown"), refused: "grant_type_missing"},
	{from: "format=form, refused", request: "POST /oauth/token\n\ntype=refresh&format=form&client_id={id}&client_secret={secret}&refresh_token=x", answer: refusalForm("authorization_expired", "refresh_token_unknown"), refused: "grant_type_missing"},
	{from: "format=xml with grant_type", request: "POST /oauth/token\n\ngrant_type=refresh_token&format=xml&client_id={id}&client_secret={secret}&refresh_token=x", answer: refusalXML("invalid_grant", "refresh_token_unknown"), refused: "refresh_token_unknown"},
	{from: "format=xml, broken encoding in the address", request: "POST /oauth/token?type=web_server&code=%zz&format=xml&client_id={id}&client_secret={secret}", answer: refusalXML("invalid_request", "malformed_encoding"), refused: "malformed_encoding"},
	{from: "format=form, broken encoding in the body", request: "POST /oauth/token\n\ntype=web_server&code=%zz&format=form&client_id={id}&client_secret={secret}", answer: refusalForm("invalid_request", "malformed_encoding"), refused: "malformed_encoding"},
	{from: "format=xml in the address, body that is no form", request: "POST /oauth/token?format=xml&client_id={id}\nContent-Type: text/plain\n\nx", answer: refusalXML("invalid_request", "wrong_content_type"), refused: "wrong_content_type"},
	{from: "format=xml, too many parameters", request: "POST /oauth/token\n\ntype=web_server&format=xml&client_id={id}" + strings.Repeat("&a=b", 200), answer: refusalXML("invalid_request", "too_many_parameters"), refused: "too_many_parameters"},
	{from: "gem 0.0.8, broken encoding", request: "POST /oauth/access_token\n\nclient_id={id}&client_secret={secret}&code=%&type=web_server", answer: refusalBoth("invalid_request", "malformed_encoding"), refused: "malformed_encoding"},
	{from: "broken encoding, today's grammar", request: "POST /oauth/token\n\nclient_id={id}&client_secret={secret}&code=%&grant_type=authorization_code", answer: refusalJSON("400", "invalid_request", "malformed_encoding"), refused: everybody},

	// Other ways of the draft.
	{from: "draft 5, GET", request: "GET /oauth/token?type=web_server&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "method_not_allowed"},
	{from: "draft 5, GET, bare", request: "GET /oauth/access_token?client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenBoth, refused: "method_not_allowed"},
	{from: "draft 5, secret_type=bearer", request: "POST /oauth/token\n\ntype=web_server&secret_type=bearer&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: tokenJSON, refused: "grant_type_missing"},
	{from: "draft 5, secret_type=hmac-sha256", request: "POST /oauth/token\n\ntype=web_server&secret_type=hmac-sha256&client_id={id}&client_secret={secret}&code={code}&redirect_uri={redirect}", answer: refusalJSON("400", "unsupported_secret_type", "secret_type_unsupported"), refused: "grant_type_missing"},
	{from: "draft 5, secret_type at a refresh", request: "POST /oauth/token?type=refresh&secret_type=hmac-sha256&client_id={id}&client_secret={secret}&refresh_token={refresh}", answer: refusalJSON("400", "unsupported_secret_type", "secret_type_unsupported"), refused: "parameters_in_query"},
	{from: "draft 5, type that is for browsers", request: "POST /oauth/token\n\ntype=user_agent&client_id={id}&client_secret={secret}&code={code}", answer: refusalJSON("400", "invalid_request", "type_unknown"), refused: "grant_type_missing"},
	{from: "draft 5, type=username", request: "POST /oauth/token\n\ntype=username&username=sam&password=x&client_id={id}&client_secret={secret}", answer: refusalJSON("400", "invalid_request", "type_unknown"), refused: "grant_type_missing"},
	{from: "draft 5, nothing asked for", request: "POST /oauth/token?client_id={id}&client_secret={secret}", answer: refusalJSON("400", "invalid_request", "grant_type_missing"), refused: "parameters_in_query"},
	{from: "draft 5, no client at all", request: "POST /oauth/token?type=web_server&code=x", answer: refusalJSON("400", "invalid_request", "parameters_in_query"), refused: "parameters_in_query"},
	{from: "draft 5, app without a secret", request: "POST /oauth/token?type=web_server&client_id={id}&code={code}&redirect_uri={redirect}", public: true, answer: tokenJSON, refused: "parameters_in_query"},
	{from: "draft 5, app without a secret, authorize", request: "GET /oauth/authorize?type=web_server&client_id={id}&redirect_uri={redirect}", public: true, person: "allows", answer: codeComes, refused: "response_type_missing"},

	// immediate.
	{from: "immediate, never allowed", request: "GET /oauth/authorize?type=web_server&immediate=true&client_id={id}&redirect_uri={redirect}&state=xyz", answer: sentBack("?", "user_denied", "consent_required"), refused: "response_type_missing"},
	{from: "immediate, allowed before", request: "GET /oauth/authorize?type=web_server&immediate=true&client_id={id}&redirect_uri={redirect}", allowed: true, answer: codeComes, refused: "response_type_missing"},
	{from: "immediate=false", request: "GET /oauth/authorize?type=web_server&immediate=false&client_id={id}&redirect_uri={redirect}", person: "allows", answer: codeComes, refused: "response_type_missing"},
	{from: "immediate with response_type", request: "GET /oauth/authorize?response_type=code&immediate=true&client_id={id}&redirect_uri={redirect}&state=xyz", answer: sentBack("?", "consent_required", "consent_required"), refused: "pkce_required", oauth2: personAsked},

	// user_agent.
	{from: "user_agent", request: "GET /oauth/authorize?type=user_agent&client_id={id}&redirect_uri={redirect}&state=xyz", person: "allows", answer: tokenComes, refused: "response_type_missing"},
	{from: "user_agent, refused", request: "GET /oauth/authorize?type=user_agent&client_id={id}&redirect_uri={redirect}&state=xyz", person: "denies", answer: sentBack("#", "user_denied", "consent_denied"), refused: "response_type_missing"},
	{from: "user_agent, immediate", request: "GET /oauth/authorize?type=user_agent&immediate=true&client_id={id}&redirect_uri={redirect}&state=xyz", answer: sentBack("#", "user_denied", "consent_required"), refused: "response_type_missing"},
	{from: "response_type=token", request: "GET /oauth/authorize?response_type=token&client_id={id}&redirect_uri={redirect}&state=xyz", person: "allows", answer: tokenComes, refused: "response_type_unsupported", oauth2: everybody},
	{from: "response_type=token, refused", request: "GET /oauth/authorize?response_type=token&client_id={id}&redirect_uri={redirect}&state=xyz", person: "denies", answer: sentBack("#", "access_denied", "consent_denied"), refused: "response_type_unsupported", oauth2: everybody},
	{from: "type that is none", request: "GET /oauth/authorize?type=carrier_pigeon&client_id={id}&redirect_uri={redirect}&state=xyz", answer: sentBack("?", "unsupported_response_type", "response_type_unsupported"), refused: "response_type_missing"},

	// Calls.
	{from: "call, header of today and parameter", request: "GET /v3/dashboards?access_token={token}\nAuthorization: Bearer {token}", answer: dashboardsCome, refused: "two_tokens"},
	{from: "call, two tokens", request: "GET /v3/dashboards?oauth_token=another\nAuthorization: OAuth {token}", answer: refusalJSON("400", "invalid_request", "two_tokens"), refused: "two_tokens"},
	{from: "call, two parameters", request: "GET /v3/dashboards?oauth_token={token}&bearer_token=another", answer: refusalJSON("400", "invalid_request", "two_tokens"), refused: "two_tokens"},
	{from: "call, token that is none", request: "GET /v3/dashboards\nAuthorization: Token token=\"nonsense\"", answer: refusalJSON("401", "invalid_token", "access_token_unknown"), refused: "access_token_unknown"},
	{from: "call, header that is damaged", request: "GET /v3/dashboards\nAuthorization: Token token=\"", answer: refusalJSON("401", "invalid_token", "malformed_old_header"), refused: "malformed_old_header"},
	{from: "call, header with more in it", request: "GET /v3/dashboards\nAuthorization: Token token=\"{token}\", nonce=\"x\"", answer: dashboardsCome, refused: "old_way_refused"},
}
