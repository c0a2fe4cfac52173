// Package accounts is the room where people see the accounts that they belong to and open new ones.
//
// Roles, invitations and account settings join here. It may import F0 to F3.
package accounts
