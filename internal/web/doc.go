// Package web draws pages: layout, parts, style sheet, message catalogue, cookies and the token against forged
// forms.
//
// A page is a struct here and a template of the same name. It knows nothing of storage or protocols, and no URL but
// those the rooms hand it. Only this package translates the specifications' words into the reader's. It may import
// F0.
package web
