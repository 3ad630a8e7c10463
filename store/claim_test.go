package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestTheTicketThatIsDueLongestIsClaimedFirst(t *testing.T) {
	b := newBench(t)
	for i, project := range []string{"SEC", "APP", "SEC"} {
		row := wanted(fmt.Sprint("g", i))
		row.Destination.Project = project
		row.Due = noon.Add(-time.Duration(i) * time.Minute)
		b.insert(row)
	}
	for _, want := range []string{"g2", "g1", "g0"} {
		if w, _ := b.claim(); w.Ticket.Group != want {
			t.Fatalf("claimed %q, want %q", w.Ticket.Group, want)
		}
	}
}

func TestAClaimThatFindsNothingTellsWhenTheNextTicketIsDue(t *testing.T) {
	b := newBench(t)
	if w, next := b.claim(); w.Ticket.ID != 0 || !next.IsZero() {
		t.Fatalf("an empty store gave ticket %d and %v", w.Ticket.ID, next)
	}
	later, resting, other := wanted("later"), wanted("resting"), wanted("other")
	later.Due, resting.Due = noon.Add(time.Hour), time.Time{}
	other.Destination.Tracker = "github"
	b.insert(later)
	b.insert(resting)
	b.insert(other)
	if w, next := b.claim(); w.Ticket.ID != 0 || !next.Equal(later.Due) {
		t.Fatalf("got ticket %d and %v, want none and %v", w.Ticket.ID, next, later.Due)
	}
	if w, next := b.claim("SEC"); w.Ticket.ID != 0 || !next.IsZero() {
		t.Fatalf("with its project paused: got ticket %d and %v", w.Ticket.ID, next)
	}
}

func TestPausedProjectsAreSteppedOver(t *testing.T) {
	b := newBench(t)
	for _, project := range []string{"A", "B", "C"} {
		row := wanted(project)
		row.Destination.Project = project
		b.insert(row)
	}
	if w, _ := b.claim("A", "C"); w.Ticket.Group != "B" {
		t.Fatalf("claimed %q, want B", w.Ticket.Group)
	}
}

func TestALeasedTicketIsNotClaimedAgainBeforeTheLeaseEnds(t *testing.T) {
	b := newBench(t)
	b.insert(wanted("g"))
	first, _ := b.claim()
	if _, next := b.claim(); !next.Equal(noon.Add(time.Minute)) {
		t.Fatalf("next is %v, want the end of the lease", next)
	}
	b.now = noon.Add(time.Minute)
	second, _ := b.claim()
	if second.Ticket.ID != first.Ticket.ID || second.Ticket.Token != first.Ticket.Token+1 {
		t.Fatalf("after the lease: ticket %d token %d", second.Ticket.ID, second.Ticket.Token)
	}
	wantError(t, b.Record(b.ctx(), Record{Ticket: first.Ticket}), ErrFenced)
	must(t, b.Record(b.ctx(), Record{Ticket: second.Ticket, Done: true}))
}

func TestAClaimBringsTheFindingsNotesAndComments(t *testing.T) {
	b := newBench(t)
	id := b.insert(wanted("group"))
	parent := finding.Key{Kind: finding.Parent, UUID: "p"}
	one, two, stranger := target("t1", "p", id), target("t2", "p", id), target("t3", "q", 0)
	b.apply(func(tx *Tx) error {
		var errs []error
		for _, f := range []Finding{one, two, stranger} {
			errs = append(errs, tx.SaveFinding(b.ctx(), f))
		}
		for _, n := range []finding.Note{
			{Subject: parent, ID: "late", Text: "b", Stamp: finding.Stamp{Time: 2}},
			{Subject: one.Key, ID: "early", Text: "a", Stamp: finding.Stamp{Time: 1}},
			{Subject: stranger.Key, ID: "other", Text: "c", Stamp: finding.Stamp{Time: 3}},
		} {
			errs = append(errs, tx.SaveNote(b.ctx(), n))
		}
		return errors.Join(errs...)
	})
	w, _ := b.claim()
	must(t, b.Record(b.ctx(), Record{Ticket: w.Ticket, Done: true, Due: b.now, Comments: []Comment{
		{Op: "note/late", Marker: "dtc-1", State: CommentPosted, RemoteID: "7", Attempts: 1, SendDeadline: noon, AttemptEnd: noon},
	}}))
	w, _ = b.claim()
	if got := keys(w.Findings); got != "target/t1 target/t2" {
		t.Errorf("findings: %s", got)
	}
	if len(w.Notes) != 2 || w.Notes[0].ID != "early" || w.Notes[1].ID != "late" {
		t.Errorf("notes: %+v", w.Notes)
	}
	want := Comment{TicketID: id, Op: "note/late", Marker: "dtc-1", State: CommentPosted, RemoteID: "7",
		Attempts: 1, SendDeadline: noon, AttemptEnd: noon, Updated: noon}
	if len(w.Comments) != 1 || w.Comments[0] != want {
		t.Errorf("comments: %+v", w.Comments)
	}
}

func keys(all []Finding) string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Key.String()
	}
	return strings.Join(names, " ")
}

var wholeTable = regexp.MustCompile(`SCAN (t|tickets|events)\b|TEMP B-TREE`)

func TestClaimingSearchesTheIndexWhateverTheBacklog(t *testing.T) {
	b := newBench(t)
	for _, q := range []struct {
		name, text, index string
		args              []any
	}{
		{"lanes", lanesQuery, "COVERING INDEX tickets_due", []any{"jira"}},
		{"head", headQuery, "COVERING INDEX tickets_due", []any{"jira", "SEC", 1, 2}},
		{"pending", pendingQuery, "INDEX events_state", []any{1}},
		{"made", madeQuery, "INDEX tickets_made", []any{"jira", "SEC", "all", 0, 1, 2}},
		{"turns", turnsQuery, "COVERING INDEX tickets_turn", []any{"jira", "SEC", "all", 0}},
		{"listed", listedQuery, "INDEX tickets_turn", []any{"jira", "SEC", "all", 500}},
		{"release", releaseQuery, "COVERING INDEX tickets_turn", []any{"jira", "SEC", "all", 5, 0}},
	} {
		uses := false
		for _, line := range b.plan(q.text, q.args...) {
			if wholeTable.MatchString(line) {
				t.Errorf("%s reads more than it gives: %s", q.name, line)
			}
			uses = uses || strings.Contains(line, q.index)
		}
		if !uses {
			t.Errorf("%s does not use %s", q.name, q.index)
		}
	}
}

func (b *bench) plan(text string, args ...any) (lines []string) {
	b.t.Helper()
	must(b.t, b.view(b.ctx(), func(tx querier) (err error) {
		lines, err = query(b.ctx(), tx, func(r row) (line string, err error) {
			var id, parent, unused int
			err = r.Scan(&id, &parent, &unused, &line)
			return line, err
		}, "EXPLAIN QUERY PLAN "+text, args...)
		return err
	}))
	return lines
}

func TestEveryColumnOfATicketSurvivesARoundTrip(t *testing.T) {
	b := newBench(t)
	row := Ticket{
		Group: "g", Generation: 3, Marker: "m", Rule: "r", State: TicketHeld,
		Destination: ticket.Destination{Tracker: "jira", Project: "P", IssueType: "Bug"},
		Ref:         ticket.Ref{ID: "1", Key: "P-1", Project: "P", URL: "https://jira/P-1"},
		Previous:    ticket.Ref{ID: "0", Key: "P-0", Project: "O", URL: "https://jira/P-0"},
		Attempts:    2, SendDeadline: noon.Add(1), AttemptEnd: noon.Add(time.Second),
		Misses: 3, FirstMiss: noon.Add(2 * time.Second), Failures: 4, AuditAt: noon.Add(3 * time.Second),
		Reason: "because", Hint: "do this", Version: 5, Token: 6, Due: noon.Add(4 * time.Second),
		Created: noon.Add(-time.Hour), Updated: noon,
		Digest: true, Made: noon.Add(5 * time.Second), Turn: TurnReleased,
		Applied: Applied{Known: true, Labelled: "l", LabelledFor: finding.Stamp{Time: 3},
			Told:    map[string]finding.Disposition{"target/t": finding.Open},
			Telling: map[string]finding.Disposition{"target/t": finding.Fixed}, TellingOp: "members/x", Gathering: 10, Unwritten: "w", Disposition: finding.Fixed, Status: finding.Stamp{Time: 1, Rank: 1, Tie: "x"},
			Opened: finding.Stamp{Time: 2}, Draft: "d", ClosedAt: 9, ByPerson: true,
			Written: ticket.Written{Fence: "f", Priority: "High", Labels: []string{"a", "b"}}},
	}
	row.SendDeadline = row.SendDeadline.Truncate(time.Millisecond)
	row.ID = b.insert(row)
	if got := b.ticket(row.ID); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", row) {
		t.Errorf("got  %+v\nwant %+v", got, row)
	}
}
