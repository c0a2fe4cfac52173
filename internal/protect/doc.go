// Package protect knows the protected APIs, which calls each has and what a call needs, and decides whether one may pass and
// for which account, and what whoever is behind it is told of one. The gateway asks it about calls that it will hand on, forward-auth about those that others will.
//
// It owns the table of APIs and the order of the checks; whether a token is good is the access package's word. It writes no
// answers and knows no upstreams. It may import F0 to F2, and access.
package protect
