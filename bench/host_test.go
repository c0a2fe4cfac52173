package main

import (
	"strings"
	"testing"
)

func TestTheCommandLineKeepsPasswordsToItself(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{
		{"-rounds", "2", "-database", "postgres://me:hunter2@127.0.0.1:5432/postgres"},
		{"-rounds", "2", "--database=postgresql://me:hunter2@127.0.0.1:5432/postgres"},
	} {
		line := commandLine(arguments)
		if strings.Contains(line, "hunter2") || !strings.HasPrefix(line, "go run ./bench -rounds 2") || !strings.Contains(line, "127.0.0.1:5432") {
			t.Errorf("got %s", line)
		}
	}
}
