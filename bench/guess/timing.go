package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// timing compares the times of wrong passwords for people who exist and who do not, in turn, one at a time.
func (s *siege) timing(ctx context.Context) error {
	return s.compare(ctx, "wrong password", s.guess, s.o.pairs, lookedAt)
}

// signUps compares the times of sign-ups with addresses that have an ID and that have none.
func (s *siege) signUps(ctx context.Context) error {
	return s.compare(ctx, "sign-up", s.signUp, s.o.pairs, taken)
}

// exhausted is how many people, and how many who do not exist, have had their guesses before refusals are timed.
const exhausted = 20

// refusals compares the times of answers to guesses that are not looked at.
func (s *siege) refusals(ctx context.Context) error {
	for n := range exhausted {
		for _, email := range []string{somebody(s.o.people + n), nobody(s.o.people + n)} {
			for status := 0; status != refused; {
				var err error
				if status, err = s.guess(ctx, email, n); err != nil {
					return err
				}
			}
		}
	}
	return s.compare(ctx, "guess not looked at", s.guess, exhausted, refused)
}

// compare times pairs of tries; the first of a pair is in turn the one and the other. want is how all of them must be answered.
func (s *siege) compare(ctx context.Context, what string, try func(context.Context, string, int) (int, error), people, want int) error {
	var known, unknown durations
	for n := range s.o.pairs {
		for turn := range 2 {
			email, times := somebody(s.o.people+n%people), &known
			if (n+turn)%2 == 1 {
				email, times = nobody(s.o.people+n%people), &unknown
			}
			began := time.Now()
			status, err := try(ctx, email, n)
			if err == nil && status != want {
				err = fmt.Errorf("%s: answered %d, want %d", email, status, want)
			}
			if err != nil {
				return err
			}
			times.add(time.Since(began), nil)
		}
	}
	difference := known.quantile(0.5) - unknown.quantile(0.5)
	s.within(fmt.Sprintf("%s: difference of the medians, %d pairs", what, s.o.pairs), max(difference, -difference), 5*time.Millisecond)
	area := auc(known.all, unknown.all)
	s.judge(what+": how well the time tells somebody from nobody (AUC, 0.5 is not at all)", fmt.Sprintf("%.3f", area), fmt.Sprintf("%.2f", tellable(s.o.pairs)), max(area, 1-area) <= tellable(s.o.pairs))
	return nil
}

// tellable is what the area may be: 0.55, or what chance alone comes to with so few pairs.
func tellable(pairs int) float64 {
	n := float64(pairs)
	deviation := math.Sqrt((2*n + 1) / (12 * n * n))
	return max(0.55, 0.5+4*deviation)
}

// auc is the chance that one of a took longer than one of b.
func auc(a, b []time.Duration) float64 {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	var wins float64
	i, j := 0, 0
	for _, d := range a {
		for i < len(b) && b[i] < d {
			i++
		}
		for j < len(b) && b[j] <= d {
			j++
		}
		wins += float64(i) + float64(j-i)/2
	}
	return wins / float64(len(a)*len(b))
}
