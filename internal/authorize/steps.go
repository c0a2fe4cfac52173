package authorize

import (
	"context"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/protect"
	"launchpad/oauth"
)

// request is one authorization request on its way through the steps.
type request struct {
	ctx    context.Context
	room   *Room
	form   oauth.Form
	app    core.App
	record interact.Record
	asked  protect.Targets // the APIs that tokens are to be for
}

// A step checks one thing and writes what it learned into the record. Steps never call steps.
type step func(*request) error

// identify must pass before anything may be redirected anywhere.
var identify = []step{
	checkIdentifiersOnce,
	checkClient,
	checkRedirectURI,
	checkRedirectDate,
}

// examine is told to the app, in this order.
var examine = []step{
	placeAnswer,
	checkState, // first, so that every later error carries it
	checkOnce,
	checkResponseType,
	checkResponseMode,
	checkPKCE,
	checkResource, // before the scope, which it decides on
	checkScope,
	checkPrompt,
	takeAccountHint,
	checkOldWays, // last: what is wrong with a request is more than what is old about it
}
