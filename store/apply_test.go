package store

import (
	"errors"
	"fmt"
	"testing"

	"ticketd/internal/finding"
)

func TestAFindingComesBackAsItWasSaved(t *testing.T) {
	b := newBench(t)
	f := target("u", "p", b.insert(wanted("g")))
	b.save(f)
	f.Disposition = finding.Fixed
	b.save(f)
	got, err := b.FindingByKey(b.ctx(), f.Key)
	must(t, err)
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", f) {
		t.Errorf("got  %+v\nwant %+v", got, f)
	}
	_, err = b.FindingByKey(b.ctx(), finding.Key{Kind: finding.Violation, UUID: "u"})
	wantError(t, err, ErrNotFound) // a UUID is unique only within its kind
}

func TestATransactionIsKeptAsAWholeOrNotAtAll(t *testing.T) {
	b := newBench(t)
	stop := errors.New("stop")
	f := violation("u", 0)
	err := b.Apply(b.ctx(), func(tx *Tx) error {
		if err := tx.SaveFinding(b.ctx(), f); err != nil {
			return err
		}
		if _, err := tx.Finding(b.ctx(), f.Key); err != nil {
			return err
		}
		return stop
	})
	wantError(t, err, stop)
	_, err = b.FindingByKey(b.ctx(), f.Key)
	wantError(t, err, ErrNotFound)
}

func TestWhatIsNotFoundDoesNotEndATransaction(t *testing.T) {
	b := newBench(t)
	f := violation("u", 0)
	b.apply(func(tx *Tx) error {
		_, one := tx.Finding(b.ctx(), f.Key)
		_, two := tx.Note(b.ctx(), f.Key, "n")
		_, three := tx.LatestTicket(b.ctx(), "g")
		_, four := tx.Ticket(b.ctx(), 1)
		for _, err := range []error{one, two, three, four, tx.Wake(b.ctx(), 1, noon)} {
			if !errors.Is(err, ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
		}
		return tx.SaveFinding(b.ctx(), f)
	})
	if _, err := b.FindingByKey(b.ctx(), f.Key); err != nil {
		t.Error(err)
	}
}

func TestTheSubjectOfANoteIsAFindingOrAllMembersOfAParent(t *testing.T) {
	b := newBench(t)
	for _, f := range []Finding{target("t1", "p", 0), target("t2", "p", 0), target("t3", "q", 0), violation("p", 0), violation("v", 0)} {
		b.save(f)
	}
	for subject, want := range map[finding.Key]string{
		{Kind: finding.Parent, UUID: "p"}:    "target/t1 target/t2",
		{Kind: finding.Parent, UUID: ""}:     "",
		{Kind: finding.Violation, UUID: "p"}: "violation/p",
		{Kind: finding.Target, UUID: "t3"}:   "target/t3",
		{Kind: finding.Target, UUID: "none"}: "",
	} {
		b.apply(func(tx *Tx) error {
			all, err := tx.FindingsOf(b.ctx(), subject)
			if got := keys(all); got != want {
				t.Errorf("%s: got %q, want %q", subject, got, want)
			}
			return err
		})
	}
}

func TestANoteComesBackAsItWasSaved(t *testing.T) {
	b := newBench(t)
	n := finding.Note{Subject: finding.Key{Kind: finding.Parent, UUID: "p"}, ID: "1", Text: "t", Author: "a",
		Created: "yesterday", Stamp: finding.Stamp{Time: 1, Rank: 2, Tie: "x"}}
	for _, deleted := range []bool{false, true} {
		n.Deleted = deleted
		b.apply(func(tx *Tx) error {
			err := tx.SaveNote(b.ctx(), n)
			got, reading := tx.Note(b.ctx(), n.Subject, n.ID)
			if got != n {
				t.Errorf("got %+v, want %+v", got, n)
			}
			return errors.Join(err, reading)
		})
	}
}

func TestFindingsThatNoRuleMatchedAreListed(t *testing.T) {
	b := newBench(t)
	lost, routed := violation("lost", 0), violation("routed", 0)
	lost.Rule = ""
	b.save(lost)
	b.save(routed)
	all, err := b.Unrouted(b.ctx(), 10)
	must(t, err)
	if got := keys(all); got != "violation/lost" {
		t.Errorf("unrouted: %s", got)
	}
	lost.Rule = "all"
	b.save(lost)
	if all, err = b.Unrouted(b.ctx(), 10); err != nil || len(all) != 0 {
		t.Errorf("still unrouted: %s, %v", keys(all), err)
	}
}
