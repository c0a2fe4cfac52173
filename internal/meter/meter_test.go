package meter

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestTablesLoseNothing(t *testing.T) {
	var table Table
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				table.Add("a", fmt.Sprint(i%10))
			}
		})
	}
	all.Wait()
	rows := 0
	table.Each(func(first, second string, n int64) {
		rows++
		if first != "a" || n != 800 {
			t.Errorf("%s %s: %d, want 800", first, second, n)
		}
	})
	if rows != 10 {
		t.Errorf("%d rows, want 10", rows)
	}
}

func TestSpread(t *testing.T) {
	s := NewDurations(time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Minute} {
		s.Note(int64(d))
	}
	count, sum, atMost := s.Read()
	if count != 5 || sum != int64(time.Minute+time.Second+2*time.Millisecond+1) {
		t.Errorf("count %d, sum %d", count, sum)
	}
	if atMost[int64(time.Millisecond)] != 2 || atMost[int64(time.Second)] != 4 {
		t.Errorf("at most: %v", atMost)
	}
}
