// Package portal is where developers look after their apps and personal tokens, at /oauth/applications.
//
// It draws pages and reads forms; the acts are those of the apps package. It may import F0 to F3.
package portal
