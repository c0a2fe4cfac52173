// Package importer brings people, apps and tokens of another server, so that their clients need not do anything.
//
// It owns what can be brought and what a row becomes, and reads the foreign databases and files, each kind in a file of its
// own: the SQL there is about tables of others, never about ours, which only the store asks. It decides nothing about
// requests. It may import F0 to F2.
package importer
