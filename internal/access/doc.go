// Package access decides whether an access token is good and what it may do now. It is the only verifier of
// access and personal tokens; gateway, introspection and revocation ask it.
//
// It owns the set of what became dead or changed within the longest life of an access token, the cache of
// memberships, and the coalesced notes of use. It does not read requests or write answers. It may import F0 to F2.
package access
