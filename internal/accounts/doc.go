// Package accounts is the room where people see the accounts that they belong to, open new ones, and, as far as their
// role goes, look after one: its name, its members, invitations into it, its end. What a role may do is policy's; that
// it still may at the moment of the act is the store's.
//
// Accepting an invitation is here too; signing up by one is not. It may import F0 to F3.
package accounts
