// Package consent is the page on which a person sees who asks for what, chooses accounts, and says yes or no.
//
// It owns the page and the recording of the answer; where to go next is the authorize room's business. What is
// decided is what the sealed record says, never what a hidden field says. It may import F0 to F3.
package consent
