// Package apps is the only writer of apps and personal tokens, and the directory in which the other rooms look
// apps up.
//
// It owns what makes an app acceptable and what its owner may do with it; pages, API and command line are
// surfaces of these acts. It may import F0 to F2.
package apps
