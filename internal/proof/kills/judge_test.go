package kills_test

import (
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/ticket"
	"ticketd/store"
)

func TestTheJudgeSeesWhatIsWrong(t *testing.T) {
	ref := ticket.Ref{Key: "SEC-1"}
	live, none := store.Ticket{State: store.TicketLive, Ref: ref}, store.Ticket{State: store.TicketNone}
	opened, closed := status(toJira, "a", 1, false), status(toJira, "a", 2, true)
	written, deleted := note("a", "n1n", 3, false), note("a", "n1n", 4, true)
	open := program.Issue{Key: "SEC-1", Open: true, Text: severity(1)}
	shut := program.Issue{Key: "SEC-1", Text: severity(1)}
	with := func(i program.Issue, all ...program.Comment) program.Issue { i.Comments = all; return i }
	told := program.Comment{Marker: "dtc-1", Text: "says n1n"}
	for name, c := range map[string]struct {
		said   []event
		row    store.Ticket
		known  bool
		issues []program.Issue
		wrong  int
	}{
		"open, as it should be":               {[]event{opened}, live, true, []program.Issue{open}, 0},
		"open without an issue":               {[]event{opened}, live, true, nil, 1},
		"open without a ticket":               {[]event{opened}, store.Ticket{}, false, nil, 1},
		"open, and the issue is closed":       {[]event{opened}, live, true, []program.Issue{shut}, 1},
		"open, and its issue is of old":       {[]event{opened, status(toJira, "a", 2, false)}, live, true, []program.Issue{open}, 1},
		"closed, as it should be":             {[]event{closed, opened}, live, true, []program.Issue{shut}, 0},
		"closed, and the issue is open":       {[]event{opened, closed}, live, true, []program.Issue{open}, 1},
		"closed before it had an issue":       {[]event{opened, closed}, none, true, nil, 0},
		"closed, and the issue is gone":       {[]event{opened, closed}, live, true, nil, 1},
		"nothing but a note":                  {[]event{written}, store.Ticket{}, false, nil, 0},
		"a ticket for nothing but a note":     {[]event{written}, none, true, nil, 1},
		"a note, as it should be":             {[]event{opened, written}, live, true, []program.Issue{with(open, told)}, 0},
		"a note that is missing":              {[]event{opened, written}, live, true, []program.Issue{open}, 1},
		"a note twice":                        {[]event{opened, written}, live, true, []program.Issue{with(open, told, program.Comment{Marker: "dtc-2", Text: "says n1n"})}, 1},
		"a comment twice":                     {[]event{opened}, live, true, []program.Issue{with(open, program.Comment{Marker: "dtc-1", Text: "a"}, program.Comment{Marker: "dtc-1", Text: "a"})}, 1},
		"a comment without a marker":          {[]event{opened}, live, true, []program.Issue{with(open, program.Comment{Marker: "", Text: "a"})}, 1},
		"a note that was deleted":             {[]event{opened, deleted, written}, live, true, []program.Issue{open}, 0},
		"a note that was deleted and remains": {[]event{opened, deleted, written}, live, true, []program.Issue{with(open, told)}, 1},
	} {
		if all := wrong("a", c.said, c.row, c.known, c.issues); len(all) != c.wrong {
			t.Errorf("%s: %q", name, all)
		}
	}
	if all := double(live, []program.Issue{open, {Key: "SEC-2"}}); len(all) != 1 {
		t.Errorf("of two issues %q are said to be doubles", all)
	}
}
