package deliver_test

import (
	"slices"
	"testing"
	"testing/synctest"
)

// A seed that finds something must find it again. One of a hundred is played twice.
func TestASeedGivesTheSameScheduleAgain(t *testing.T) {
	if _, err := emptyStore(); err != nil {
		t.Fatal(err)
	}
	seeds := max(4, *schedules/100)
	if testing.Short() {
		seeds = 1
	}
	for seed := *from; seed < *from+seeds; seed++ {
		first, second := journal(t, seed), journal(t, seed)
		for n := range max(len(first), len(second)) {
			if n >= len(first) || n >= len(second) || first[n] != second[n] {
				t.Errorf("seed %d: line %d and on\n%q\nwas then\n%q", seed, n, slices.Clip(first[min(n, len(first)):]), second[min(n, len(second)):])
				break
			}
		}
	}
}

// journal plays the schedule of a seed and gives what happened in it.
func journal(t *testing.T, seed uint64) (lines []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, drawn(seed, newTally()))
		p.out()
		lines = slices.Clone(p.tracker.journal)
	})
	return lines
}
