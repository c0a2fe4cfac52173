// Package signup is the room where somebody makes an ID, and where operators hand out the codes that let people in.
//
// It owns who may make an ID, and that the answer tells nobody who has one. It does not sign people in: newcomers go to
// the sign-in like everybody else. It may import F0 to F3.
package signup
