// Package main is the command draw: it makes the documents that the binary serves HTML. docs/*.md becomes
// internal/manual/pages/*.html. go generate and make documents run it; a test finds pages that are older than their
// documents.
package main
