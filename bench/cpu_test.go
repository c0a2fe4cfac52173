package main

import (
	"os"
	"testing"
	"time"
)

func TestStatIsReadBehindAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"launchpad", "a b", "odd) R 1 (name"} {
		line := "42 (" + name + ") S 7 42 42 0 -1 4194560 100 0 0 0 25 5 12 3 20 0 9 0 100 1000 200\n"
		got, err := parseStat(line)
		want := stat{parent: 7, own: 300 * time.Millisecond, children: 150 * time.Millisecond}
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", name, got, err, want)
		}
	}
	if _, err := parseStat("42 (short) S 7"); err == nil {
		t.Error("a line that is too short was read")
	}
}

func TestTheTreeHoldsAtLeastItsRoot(t *testing.T) {
	t.Parallel()
	own, err := readStat(os.Getpid())
	if err != nil {
		t.Fatalf("read own processor time from /proc: %v", err)
	}
	if tree, err := treeUsage(os.Getpid()); err != nil || tree < own.own {
		t.Errorf("got %s, %v, want at least %s", tree, err, own.own)
	}
}
