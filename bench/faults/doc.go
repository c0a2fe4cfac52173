// Command faults lets the disk fail at every point of the main flows, one point a run.
//
//	go run ./bench/faults [-stride 8] [-kind fsync|broken|full] [-from N]
//
// A run starts a server on an empty disk of bench/lossyfs, makes the operator, signs in, registers an app, consents,
// redeems, refreshes, revokes, makes personal tokens, signs out, deletes an app, ends the server with SIGTERM, cuts the
// power, starts it again, and asks whether everything that was answered holds. Its fault strikes on the way:
//
//   - fsync: the N-th fsync fails, once. The process has to end by itself, without an answer, and the next start has to
//     work and to hold what was promised, also where the kernel has forgotten what it could not write;
//   - broken: the same, but every fsync fails from then on, until somebody mends the disk;
//   - full: the N-th write finds the disk full. The answer is 503, tokens go on being verified, and once there is
//     space again the server works, without a restart.
//
// N grows until a run passes without meeting its fault. A start that fails is started again: nothing half made may be in
// its way. The command ends with status 1 at the first answer that is wrong.
package main
