package main

import (
	"slices"
	"time"
)

// spread is a figure over all rounds.
type spread struct{ least, median, most float64 }

func over[T any](rounds []T, figure func(T) float64) spread {
	list := make([]float64, len(rounds))
	for i, r := range rounds {
		list[i] = figure(r)
	}
	slices.Sort(list)
	middle := list[len(list)/2]
	if len(list)%2 == 0 {
		middle = (middle + list[len(list)/2-1]) / 2
	}
	return spread{list[0], middle, list[len(list)-1]}
}

// quantile of a sorted list.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// ratios and tails compare each round with the floor's round beside it: its CPU time, and its p99.
func (m measured) ratios() spread {
	return m.beside(func(r round) float64 { return float64(r.cpu) })
}

func (m measured) tails() spread {
	return m.beside(func(r round) float64 { return float64(r.p99) })
}

func (m measured) beside(figure func(round) float64) spread {
	pairs := make([][2]round, len(m.floor))
	for i := range pairs {
		pairs[i] = [2]round{m.floor[i], m.launchpad[i]}
	}
	return over(pairs, func(p [2]round) float64 { return figure(p[1]) / figure(p[0]) })
}

func (m measured) failed() int {
	n := 0
	for _, r := range slices.Concat(m.floor, m.launchpad) {
		n += r.failed
	}
	return n
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
