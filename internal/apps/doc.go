// Package apps is the only writer of apps and personal tokens, and the directory in which the other rooms look
// apps up.
//
// It owns what makes an app acceptable, its secrets and its team; who may do what is asked of policy; pages, API and command line are
// surfaces of these acts. It may import F0 to F2.
package apps
