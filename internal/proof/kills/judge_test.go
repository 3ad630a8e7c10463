package kills_test

import (
	"testing"

	"ticketd/internal/ticket"
	"ticketd/store"
)

func TestTheJudgeSeesWhatIsWrong(t *testing.T) {
	ref := ticket.Ref{Key: "SEC-1"}
	live, none := store.Ticket{State: store.TicketLive, Ref: ref}, store.Ticket{State: store.TicketNone}
	opened, closed := status(toJira, "a", 1, false), status(toJira, "a", 2, true)
	written, deleted := note("a", "n1n", 3, false), note("a", "n1n", 4, true)
	open, shut := issue{key: "SEC-1", open: true}, issue{key: "SEC-1"}
	with := func(i issue, all ...comment) issue { i.comments = all; return i }
	told := comment{"dtc-1", "says n1n"}
	for name, c := range map[string]struct {
		said   []event
		row    store.Ticket
		known  bool
		issues []issue
		wrong  int
	}{
		"open, as it should be":               {[]event{opened}, live, true, []issue{open}, 0},
		"open without an issue":               {[]event{opened}, live, true, nil, 1},
		"open without a ticket":               {[]event{opened}, store.Ticket{}, false, nil, 1},
		"open, and the issue is closed":       {[]event{opened}, live, true, []issue{shut}, 1},
		"closed, as it should be":             {[]event{closed, opened}, live, true, []issue{shut}, 0},
		"closed, and the issue is open":       {[]event{opened, closed}, live, true, []issue{open}, 1},
		"closed before it had an issue":       {[]event{opened, closed}, none, true, nil, 0},
		"closed, and the issue is gone":       {[]event{opened, closed}, live, true, nil, 1},
		"nothing but a note":                  {[]event{written}, store.Ticket{}, false, nil, 0},
		"a ticket for nothing but a note":     {[]event{written}, none, true, nil, 1},
		"a note, as it should be":             {[]event{opened, written}, live, true, []issue{with(open, told)}, 0},
		"a note that is missing":              {[]event{opened, written}, live, true, []issue{open}, 1},
		"a note twice":                        {[]event{opened, written}, live, true, []issue{with(open, told, comment{"dtc-2", "says n1n"})}, 1},
		"a comment twice":                     {[]event{opened}, live, true, []issue{with(open, comment{"dtc-1", "a"}, comment{"dtc-1", "a"})}, 1},
		"a comment without a marker":          {[]event{opened}, live, true, []issue{with(open, comment{"", "a"})}, 1},
		"a note that was deleted":             {[]event{opened, deleted, written}, live, true, []issue{open}, 0},
		"a note that was deleted and remains": {[]event{opened, deleted, written}, live, true, []issue{with(open, told)}, 1},
	} {
		if all := wrong("a", c.said, c.row, c.known, c.issues); len(all) != c.wrong {
			t.Errorf("%s: %q", name, all)
		}
	}
	if all := double(live, []issue{open, {key: "SEC-2"}}); len(all) != 1 {
		t.Errorf("of two issues %q are said to be doubles", all)
	}
}
