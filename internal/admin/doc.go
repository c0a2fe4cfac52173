// Package admin is what operators see of the whole deployment, at /admin.
//
// It draws pages for operators and nobody else: to all others there is nothing at these addresses. What it shows is
// owned by the rooms and acts that it asks. It may import F0 to F3.
package admin
