//go:build proof

package deliver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/proof"
	"ticketd/internal/proof/report"
)

// ablation is what the schedules must find when a mechanism is left out. If they did not, they would
// prove nothing of it.
type ablation struct {
	without proof.Mechanism
	shows   symptom
	within  uint64          // in how many schedules it must be found: ten times as many as it takes on average
	bias    func(*schedule) // has what matters happen more often; nil: the usual odds
}

// symptom is how the oracle says that something is wrong, or a part of it, and what that means.
type symptom struct{ part, meaning string }

func lostEvent() symptom {
	return symptom{"is in the store 0 times (acknowledged: true)", "an event that was acknowledged is not in the store"}
}
func twoEvents() symptom { return symptom{"is in the store 2 times", "an event is in the store twice"} }
func twoIssues() symptom {
	return symptom{"another issue was made with the marker", "two issues have one marker"}
}
func twoComments() symptom { return symptom{"a comment is there twice", "a comment is there twice"} }
func staleFinding() symptom {
	return symptom{"and was told to be", "a finding is not as its newest event says"}
}
func staleIssue() symptom {
	return symptom{"open of", "the issues of a finding are not open or closed as it is"}
}

// ablations are those of all mechanisms but FullSync, which keeps what is written from a power loss: the
// simulation has none. The proofs of the disk do without it.
func ablations() []ablation {
	return []ablation{
		{proof.AckAfterCommit, lostEvent(), 20, often(standing, restarting)},
		{proof.Dedupe, twoEvents(), 20, nil},
		{proof.TimeGuard, staleFinding(), 20, often(overtaking)},
		{proof.Intent, twoIssues(), 20, often(dying(proof.CreateAnswered, 0.5))},
		{proof.FindInDoubt, twoIssues(), 70, nil},
		{proof.QuietPeriod, twoIssues(), 70, nil},
		{proof.SendDeadline, twoIssues(), 50, often(crowded)},
		{proof.Fencing, twoIssues(), 60, often(crowded)},
		{proof.StartAudit, twoIssues(), 10, often(unbounded, losing)},
		{proof.RestoreRecovery, twoComments(), 30, often(unbounded, restoring)},
		{proof.UnknownFirst, staleIssue(), 40, often(slow, dying(proof.StateAnswered, 0.5), reopening)},
		{proof.CommentSearch, twoComments(), 40, nil},
		{proof.LateAudit, staleIssue(), 100, often(late)},
	}
}

func TestTheSchedulesFindWhatEachMechanismIsFor(t *testing.T) {
	for _, a := range ablations() {
		t.Run(string(a.without), func(t *testing.T) {
			t.Parallel()
			for seed := range a.within {
				wrong := played(t, a.schedule(seed, newTally(), a.without))
				if !slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, a.shows.part) }) {
					continue
				}
				told := newTally()
				if wrong := played(t, a.schedule(seed, told)); len(wrong) > 0 {
					t.Errorf("seed %d goes wrong with nothing left out:\n%s", seed, strings.Join(wrong, "\n"))
				}
				report.Tell(t, report.Row{
					Part: "Ablations", What: "without " + string(a.without), Outcome: a.found(seed, told),
				})
				return
			}
			t.Errorf("in none of %d schedules without it was it seen that %s: they do not prove that it is needed", a.within, a.shows.meaning)
		})
	}
}

func (a ablation) schedule(seed uint64, told *tally, without ...proof.Mechanism) schedule {
	s := drawn(seed, told)
	s.without = without
	if a.bias != nil {
		a.bias(&s)
	}
	return s
}

// found says what was found, and what the same schedule was like with the mechanism.
func (a ablation) found(seed uint64, with *tally) string {
	text := fmt.Sprintf("found in schedule %d of at most %d: %s", seed+1, a.within, a.shows.meaning)
	if n := with.counts["late duplicates"]; n > 0 {
		text += fmt.Sprintf("; with it, late duplicates were made and closed: %d", n)
	}
	return text
}

func TestEveryMechanismHasAnAblation(t *testing.T) {
	for _, m := range proof.Mechanisms() {
		proven := slices.ContainsFunc(ablations(), func(a ablation) bool { return a.without == m })
		if !proven && m != proof.FullSync {
			t.Errorf("nothing shows what goes wrong without %s", m)
		}
	}
}
