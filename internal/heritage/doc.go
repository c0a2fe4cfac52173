// Package heritage is the door for clients that are older than RFC 6749: those that speak draft 5 of 2010 or one of the
// drafts after it, and those that were written to a Doorkeeper portal.
//
// It owns the old grammar, the old names of errors, the old formats and the old addresses, and translates them: what it
// hands to the rooms behind it, and what it takes from them, is RFC 6749. Nothing but this package knows draft 5. Only
// apps of the profile draft5 are understood; a request of any other goes on as it came and is refused as ever. What is
// served here by itself is what only such clients ask for: /oauth/token/info, the page that shows a code, and the document
// of a person's accounts. It is handed the rooms that it stands in front of, and may import F0 to F3.
package heritage
