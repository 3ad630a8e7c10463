package deliver_test

import (
	"testing"
	"time"

	"ticketd/internal/deliver"
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/mapping"
	"ticketd/store"
)

// planNow is when every case of the plan table is decided.
var planNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const planMarker = "dtw-000000000000000000000000"

func stamp(at int64) finding.Stamp { return finding.Stamp{Time: at, Tie: "0123456789abcdef"} }

// opened gives a finding that is open since a time; closed one that opened at 1 and closed later.
func opened(at int64) finding.Finding {
	return finding.Finding{Key: finding.Key{Kind: finding.Target, UUID: "t"}, Disposition: finding.Open, Status: stamp(at), Opened: stamp(at)}
}

func closed(d finding.Disposition, at int64) finding.Finding {
	f := opened(1)
	f.Disposition, f.Status = d, stamp(at)
	return f
}

// row gives a ticket in a state that reflects the finding's opening at 1, changed by what a case says.
func row(state store.TicketState, change ...func(*store.Ticket)) store.Ticket {
	t := store.Ticket{ID: 1, Group: "target/t", Generation: 1, Marker: planMarker, Rule: "all",
		Destination: ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, State: state}
	if state == store.TicketLive || state == store.TicketClosed || state == store.TicketGone || state == store.TicketHeld {
		t.Ref = ticket.Ref{ID: "7", Key: "SIM-7", Project: "SIM"}
		t.Applied = store.Applied{Known: true, Disposition: finding.Open, Status: stamp(1), Opened: stamp(1)}
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func byUs(ago time.Duration) func(*store.Ticket) {
	return func(t *store.Ticket) { t.Applied.ClosedAt, t.Applied.Status = planNow.Add(-ago).Unix(), stamp(2) }
}

func byPerson(t *store.Ticket)   { t.Applied.ByPerson = true }
func unknown(t *store.Ticket)    { t.Applied.Known = false }
func adopted(t *store.Ticket)    { t.Applied.Adopted = true }
func refusedAt2(t *store.Ticket) { t.Applied.Refused = stamp(2) }
func labelled(t *store.Ticket) {
	t.Applied.Labelled, t.Applied.LabelledFor = "ticketd-refused", stamp(2)
}
func unlabelable(t *store.Ticket)  { t.Applied.LabelledFor = stamp(2) }
func reopenedFor3(t *store.Ticket) { t.Applied.Reopened, t.Applied.Opened = stamp(3), stamp(3) }
func attempted(t *store.Ticket)    { t.Ref, t.Applied, t.Attempts = ticket.Ref{}, store.Applied{}, 1 }
func nothingSent(t *store.Ticket)  { t.Ref, t.Applied = ticket.Ref{}, store.Applied{} }
func audit(in time.Duration) func(*store.Ticket) {
	return func(t *store.Ticket) { t.AuditAt = planNow.Add(in) }
}

func TestPlanTakesTheNextStepForEveryStateOfTicketAndFinding(t *testing.T) {
	said := func(op string, s store.CommentState) store.Comment { return store.Comment{Op: op, State: s} }
	const said2, refused2 = "state/2-01234567", "refused/2-01234567"
	standing, deleted := finding.Note{ID: "n", Text: "words"}, finding.Note{ID: "n", Deleted: true}
	newer := func(r *mapping.Rule) { r.OnRegression = "new" }
	comment := func(r *mapping.Rule) { r.OnRegression = "comment" }
	nothing := func(r *mapping.Rule) { r.OnRegression = "nothing" }
	yes, no := true, false

	for name, c := range map[string]struct {
		ticket   store.Ticket
		finding  finding.Finding
		policy   func(*mapping.Rule)
		notes    []finding.Note
		comments []store.Comment
		stale    bool // the issue was written as another draft
		want     deliver.Action
		op       string
	}{
		"open, no issue":                              {ticket: row(store.TicketWanted), finding: opened(1), want: deliver.Create},
		"open again after none was needed":            {ticket: row(store.TicketNone), finding: opened(3), want: deliver.Create},
		"closed before it had an issue":               {ticket: row(store.TicketWanted), finding: closed(finding.Fixed, 2), want: deliver.Skip},
		"closed before it had one, and one is wanted": {ticket: row(store.TicketWanted), finding: closed(finding.Fixed, 2), policy: func(r *mapping.Rule) { r.TicketClosed = &yes }, want: deliver.Create},
		"a create was cut off":                        {ticket: row(store.TicketIntent), finding: opened(1), want: deliver.Look},
		"a create is in doubt":                        {ticket: row(store.TicketDoubt), finding: opened(1), want: deliver.Look},
		"a create is in doubt and the finding closed": {ticket: row(store.TicketDoubt), finding: closed(finding.Fixed, 2), want: deliver.Look},
		"held before anything was sent":               {ticket: row(store.TicketHeld, nothingSent), finding: opened(1), want: deliver.Create},
		"held, but a create may have had an effect":   {ticket: row(store.TicketHeld, attempted), finding: opened(1), want: deliver.Look},
		"ignored":       {ticket: row(store.TicketIgnored), finding: opened(3), want: deliver.Rest},
		"open and true": {ticket: row(store.TicketLive), finding: opened(1), want: deliver.Rest},
		"open and true, the label of a refusal is on":           {ticket: row(store.TicketLive, labelled), finding: opened(1), want: deliver.Unlabel},
		"open, the text changed":                                {ticket: row(store.TicketLive), finding: opened(1), stale: true, want: deliver.Update},
		"open, not known whether the issue is":                  {ticket: row(store.TicketLive, unknown), finding: opened(1), want: deliver.Check},
		"opened anew, the last closing unknown":                 {ticket: row(store.TicketLive, unknown), finding: opened(3), want: deliver.Reopen},
		"opened anew while the issue should be open":            {ticket: row(store.TicketLive), finding: opened(3), want: deliver.Check},
		"closed, the issue is open":                             {ticket: row(store.TicketLive), finding: closed(finding.Fixed, 2), want: deliver.Comment, op: said2},
		"closed, and that is said":                              {ticket: row(store.TicketLive), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted)}, want: deliver.Close},
		"closed, the saying is in doubt":                        {ticket: row(store.TicketLive), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentDoubt)}, want: deliver.Comment, op: said2},
		"closed, the saying was refused":                        {ticket: row(store.TicketLive), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentFailed)}, want: deliver.Close},
		"closed and true":                                       {ticket: row(store.TicketClosed, byUs(time.Hour)), finding: closed(finding.Fixed, 2), want: deliver.Rest},
		"closed and true, the label of a refusal is on":         {ticket: row(store.TicketClosed, byUs(time.Hour), labelled), finding: closed(finding.Fixed, 2), want: deliver.Unlabel},
		"closed, not known whether the issue is":                {ticket: row(store.TicketClosed, byUs(time.Hour), unknown), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted)}, want: deliver.Close},
		"closed for another reason than before":                 {ticket: row(store.TicketClosed, byUs(time.Hour)), finding: closed(finding.WontFix, 3), want: deliver.Comment, op: "state/3-01234567"},
		"closed where a person had closed it":                   {ticket: row(store.TicketClosed, byPerson), finding: closed(finding.Fixed, 2), want: deliver.Comment, op: said2},
		"closing was refused, not said yet":                     {ticket: row(store.TicketHeld, refusedAt2), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted)}, want: deliver.Comment, op: refused2},
		"closing was refused and that is said":                  {ticket: row(store.TicketHeld, refusedAt2, labelled), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted), said(refused2, store.CommentPosted)}, want: deliver.Rest},
		"closing was refused said, not labelled yet":            {ticket: row(store.TicketHeld, refusedAt2), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted), said(refused2, store.CommentPosted)}, want: deliver.Label},
		"closing was refused said, the label was refused too":   {ticket: row(store.TicketHeld, refusedAt2, unlabelable), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted), said(refused2, store.CommentPosted)}, want: deliver.Rest},
		"closing was refused, a person says retry":              {ticket: row(store.TicketLive, refusedAt2, unknown), finding: closed(finding.Fixed, 2), comments: []store.Comment{said(said2, store.CommentPosted), said(refused2, store.CommentPosted)}, want: deliver.Close},
		"closing was refused, closed otherwise now":             {ticket: row(store.TicketHeld, refusedAt2), finding: closed(finding.WontFix, 3), comments: []store.Comment{said("state/3-01234567", store.CommentPosted)}, want: deliver.Close},
		"reopening was refused, not said yet":                   {ticket: row(store.TicketHeld, byUs(time.Hour), refusedAt2), finding: opened(2), want: deliver.Comment, op: refused2},
		"reopening was refused and that is said":                {ticket: row(store.TicketHeld, byUs(time.Hour), refusedAt2, labelled), finding: opened(2), comments: []store.Comment{said(refused2, store.CommentPosted)}, want: deliver.Rest},
		"reopening was refused said, not labelled yet":          {ticket: row(store.TicketHeld, byUs(time.Hour), refusedAt2), finding: opened(2), comments: []store.Comment{said(refused2, store.CommentPosted)}, want: deliver.Label},
		"reopening was refused said, the label was refused too": {ticket: row(store.TicketHeld, byUs(time.Hour), refusedAt2, unlabelable), finding: opened(2), comments: []store.Comment{said(refused2, store.CommentPosted)}, want: deliver.Rest},
		"open again, we closed it lately":                       {ticket: row(store.TicketClosed, byUs(time.Hour)), finding: opened(3), want: deliver.Reopen},
		"open again, we closed it long ago":                     {ticket: row(store.TicketClosed, byUs(91*24*time.Hour)), finding: opened(3), want: deliver.Follow},
		"open again, nothing is ever reopened":                  {ticket: row(store.TicketClosed, byUs(time.Second)), finding: opened(3), policy: func(r *mapping.Rule) { r.ReopenWithin = "0" }, want: deliver.Follow},
		"open again, a reopening in time is in doubt":           {ticket: row(store.TicketClosed, byUs(91*24*time.Hour), unknown), finding: opened(3), want: deliver.Reopen},
		"reopened, not said yet":                                {ticket: row(store.TicketLive, reopenedFor3), finding: opened(3), want: deliver.Comment, op: "state/3-01234567"},
		"reopened and said":                                     {ticket: row(store.TicketLive, reopenedFor3), finding: opened(3), comments: []store.Comment{said("state/3-01234567", store.CommentPosted)}, want: deliver.Rest},
		"a person closed it":                                    {ticket: row(store.TicketClosed, byPerson), finding: opened(1), want: deliver.Rest},
		"a person closed it, opened anew":                       {ticket: row(store.TicketClosed, byPerson), finding: opened(3), want: deliver.Reopen},
		"a person closed it, opened anew, follow":               {ticket: row(store.TicketClosed, byPerson), finding: opened(3), policy: newer, want: deliver.Follow},
		"a person closed it, opened anew, say so":               {ticket: row(store.TicketClosed, byPerson), finding: opened(3), policy: comment, want: deliver.Comment, op: "regression/3-01234567"},
		"a person closed it, opened anew, said":                 {ticket: row(store.TicketClosed, byPerson), finding: opened(3), policy: comment, comments: []store.Comment{said("regression/3-01234567", store.CommentPosted)}, want: deliver.Accept},
		"a person closed it, opened anew, nothing":              {ticket: row(store.TicketClosed, byPerson), finding: opened(3), policy: nothing, want: deliver.Accept},
		"gone":                                           {ticket: row(store.TicketGone), finding: opened(1), want: deliver.Rest},
		"gone and closed":                                {ticket: row(store.TicketGone), finding: closed(finding.Fixed, 2), want: deliver.Rest},
		"gone, opened anew":                              {ticket: row(store.TicketGone), finding: opened(3), want: deliver.Follow},
		"a note":                                         {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{standing}, want: deliver.Comment, op: "note/n"},
		"a note where notes are not wanted":              {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{standing}, policy: func(r *mapping.Rule) { r.Notes = &no }, want: deliver.Rest},
		"a note that is there":                           {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{standing}, comments: []store.Comment{said("note/n", store.CommentPosted)}, want: deliver.Rest},
		"a note on a closed issue":                       {ticket: row(store.TicketClosed, byUs(time.Hour)), finding: closed(finding.Fixed, 2), notes: []finding.Note{standing}, want: deliver.Comment, op: "note/n"},
		"a note waits for the closing":                   {ticket: row(store.TicketLive), finding: closed(finding.Fixed, 2), notes: []finding.Note{standing}, comments: []store.Comment{said(said2, store.CommentPosted)}, want: deliver.Close},
		"a note was deleted":                             {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{deleted}, comments: []store.Comment{said("note/n", store.CommentPosted)}, want: deliver.DropComment, op: "note/n"},
		"a note was deleted before it was posted":        {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{deleted}, want: deliver.Rest},
		"a note was deleted, an older store knew of it":  {ticket: row(store.TicketLive, adopted), finding: opened(1), notes: []finding.Note{deleted}, want: deliver.DropComment, op: "note/n"},
		"a note was deleted and so was its comment":      {ticket: row(store.TicketLive), finding: opened(1), notes: []finding.Note{deleted}, comments: []store.Comment{said("note/n", store.CommentDeleted)}, want: deliver.Rest},
		"an audit is due":                                {ticket: row(store.TicketLive, audit(0)), finding: opened(1), want: deliver.Audit},
		"an audit is due later":                          {ticket: row(store.TicketLive, audit(time.Second)), finding: opened(1), want: deliver.Rest},
		"an audit of an issue that is gone":              {ticket: row(store.TicketGone, audit(0)), finding: opened(1), want: deliver.Rest},
		"held, and the reason is over: nothing to do":    {ticket: row(store.TicketHeld), finding: opened(1), want: deliver.Rest},
		"held, and the finding closed":                   {ticket: row(store.TicketHeld), finding: closed(finding.RiskAccepted, 2), want: deliver.Comment, op: said2},
		"held for an update that was refused, tried now": {ticket: row(store.TicketHeld), finding: opened(1), stale: true, want: deliver.Update},
	} {
		t.Run(name, func(t *testing.T) {
			view := planView(t, c.finding, c.policy)
			if d, err := view.Draft(mapping.One(c.finding), planMarker, ticket.Ref{}); err == nil && !c.stale {
				c.ticket.Applied.Draft = view.Digest(d)
			}
			w := store.Work{Ticket: c.ticket, Findings: []store.Finding{{Finding: c.finding, Rule: "all", TicketID: 1}},
				Notes: c.notes, Comments: c.comments}
			got := deliver.Plan(w, view, deliver.Timing{}, planNow)
			if got.Action != c.want || got.Op != c.op {
				t.Errorf("%s %s, want %s %s", got.Action, got.Op, c.want, c.op)
			}
			if (got.Action == deliver.Comment) != (len(got.Doc) > 0) {
				t.Errorf("%s with the text %v", got.Action, got.Doc)
			}
		})
	}
}

func planView(t *testing.T, f finding.Finding, policy func(*mapping.Rule)) mapping.View {
	t.Helper()
	rule := mapping.Rule{Name: "all", Tracker: "sim", Project: "SIM"}
	if policy != nil {
		policy(&rule)
	}
	m, problems := mapping.Compile(mapping.Spec{Rules: []mapping.Rule{rule},
		Trackers: map[string]mapping.Service{"sim": mapping.Jira}, Instance: "sim"})
	for _, p := range problems {
		t.Fatal(p)
	}
	return m.For(mapping.One(f), ticket.Destination{Tracker: "sim", Project: "SIM", IssueType: "Bug"}, "all")
}

func TestPlanForATicketThatWasFollowedOnlyAudits(t *testing.T) {
	for name, c := range map[string]struct {
		ticket store.Ticket
		want   deliver.Action
	}{
		"nothing is due":           {row(store.TicketClosed, byPerson), deliver.Rest},
		"an audit is due":          {row(store.TicketClosed, byPerson, audit(-time.Hour)), deliver.Audit},
		"it never had an issue":    {row(store.TicketWanted, audit(-time.Hour)), deliver.Rest},
		"an audit is due tomorrow": {row(store.TicketClosed, byPerson, audit(24*time.Hour)), deliver.Rest},
	} {
		t.Run(name, func(t *testing.T) {
			if got := deliver.Plan(store.Work{Ticket: c.ticket}, mapping.View{}, deliver.Timing{}, planNow); got.Action != c.want {
				t.Errorf("%s, want %s", got.Action, c.want)
			}
		})
	}
}
