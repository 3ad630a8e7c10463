package explain_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/explain"
	"ticketd/internal/finding"
)

func TestEachAttributeIsToldWithThePlaceThatFilledIt(t *testing.T) {
	e := explain.Events(options(t, everything), [][]byte{sample(opened)})
	if e.Event.Verdict != "event" || e.Event.Type != opened || e.Event.Entry == "" || e.Event.Class != "status" {
		t.Errorf("event %+v", e.Event)
	}
	for _, want := range []explain.Decoded{
		{Name: "asset_name", Value: "gumtree.com.au", Path: "event.data.affected_asset.name"},
		{Name: "product", Value: "api_secure", Path: "event.type"},
		{Name: "relevance", Value: "IMPORTANT", Path: "event.data.relevance"},
	} {
		if !slices.Contains(e.Event.Fields, want) {
			t.Errorf("%+v is not among %+v", want, e.Event.Fields)
		}
	}
}

func TestABodyThatIsNoEventIsExplainedWithoutATicketAndWithoutWhatItSaysOfPeople(t *testing.T) {
	o := options(t, everything)
	for _, c := range []struct {
		body             []byte
		verdict, because string
	}{
		{sample("SETUP_PROBE"), "probe", ""},
		{sample("MOBILE_SECURE__USER_CREATED"), "personal", ""},
		{[]byte(`{"event": {"type": "AI_SECURE__NEWS", "data": {}}}`), "unhandled", "no entry of the table matches the type"},
		{[]byte(`{"event": `), "unparsed", "not JSON"},
	} {
		t.Run(c.verdict, func(t *testing.T) {
			e := explain.Events(o, [][]byte{c.body})
			if e.Event.Verdict != c.verdict || e.Event.Reason != c.because {
				t.Errorf("verdict %q because of %q", e.Event.Verdict, e.Event.Reason)
			}
			if e.Finding != nil || e.Route != nil || e.Ticket != nil {
				t.Errorf("there is a finding %+v, a route %+v, a ticket %+v", e.Finding, e.Route, e.Ticket)
			}
			if err := e.Rehearse(t.Context(), o); err != nil || e.Rehearsal != nil {
				t.Errorf("rehearsal %+v, %v", e.Rehearsal, err)
			}
			text, err := json.Marshal(e)
			if err != nil || strings.Contains(string(text), "@") {
				t.Errorf("%v, tells of a person: %s", err, text)
			}
		})
	}
}

const threeTeams = `
[[rule]]
name = "mobile"
match.product = "mobile_secure"
tracker = "oss"
repository = "acme/app"

[[rule]]
name = "urgent"
match.product = "api_secure"
match.relevance = "URGENT"
tracker = "cloud"
project = "URG"

[[rule]]
name = "important"
match.relevance = "IMPORTANT"
tracker = "dc"
project = "SEC"
issue_type = "Task"

[[rule]]
name = "rest"
tracker = "cloud"
project = "SEC"
`

func TestTheRulesAreToldUpToTheOneThatMatchesWithTheReasonsAndThePlaces(t *testing.T) {
	e := explain.Events(options(t, threeTeams), [][]byte{sample(opened)})
	if len(e.Rules) != 3 {
		t.Fatalf("rules %+v", e.Rules)
	}
	first := strings.Count(head, "\n") + 2
	for i, want := range []struct {
		name, why string
		line      int
	}{{"mobile", "api_secure", first + 2}, {"urgent", "IMPORTANT", first + 9}, {"important", "", first + 13}} {
		r := e.Rules[i]
		if r.Name != want.name || r.Matched != (want.why == "") || !strings.Contains(r.Why, want.why) {
			t.Errorf("rule %+v, want %+v", r, want)
		}
		if r.Place != (explain.Place{File: "rules.toml", Line: want.line}) {
			t.Errorf("rule %s is at %+v, want line %d", r.Name, r.Place, want.line)
		}
	}
	want := explain.Route{Rule: "important", Place: e.Rules[2].Place, Tracker: "dc", Project: "SEC", IssueType: "Task",
		Group: e.Finding.Key, GroupBy: []string{}, Members: []string{}}
	if got := *e.Route; got.Rule != want.Rule || got.Place != want.Place || got.Tracker != want.Tracker ||
		got.Project != want.Project || got.IssueType != want.IssueType || got.Group != want.Group || got.Grouped {
		t.Errorf("route %+v, want %+v", got, want)
	}
}

func TestAFindingThatNoRuleMatchesIsToldSo(t *testing.T) {
	o := options(t, "[[rule]]\nname = \"low\"\nmatch.relevance = \"LOW\"\ntracker = \"cloud\"\nproject = \"SEC\"\n")
	e := explain.Events(o, [][]byte{sample(opened)})
	if e.Route != nil || e.Ticket != nil || e.Unrouted != "no rule matches" || len(e.Rules) != 1 || e.Rules[0].Matched {
		t.Errorf("route %+v, ticket %+v, unrouted %q, rules %+v", e.Route, e.Ticket, e.Unrouted, e.Rules)
	}
	if err := e.Rehearse(t.Context(), o); err != nil || e.Rehearsal != nil {
		t.Errorf("rehearsal %+v, %v", e.Rehearsal, err)
	}
}

func TestEventsAreFoldedInOrderAndTheLastIsExplained(t *testing.T) {
	o := options(t, everything)
	e := rehearsed(t, o, body("OPENED", "OPEN", "v-1", 1611058000, "relevance", "URGENT"),
		body("RESOLVED", "RESOLVED", "v-1", 1611059000))
	if e.Finding.Disposition != "resolved" || e.Finding.Fields["relevance"] != "URGENT" || len(e.Assumed) != 0 {
		t.Errorf("finding %+v, assumed %q", e.Finding, e.Assumed)
	}
	if e.Closing == nil || e.Closing.Disposition != "resolved" || !strings.Contains(e.Closing.Comment, "resolved") {
		t.Errorf("closing %+v", e.Closing)
	}
	if got := writes(e, "event 1"); !slices.Equal(got, []string{"POST /rest/api/3/issue"}) {
		t.Errorf("the opening writes %q", got)
	}
	if got := writes(e, "event 2"); !slices.Equal(got, []string{
		"POST /rest/api/3/issue/10001/comment", "POST /rest/api/3/issue/10001/transitions"}) {
		t.Errorf("the closing writes %q", got)
	}
	if e.Rehearsal.State != "closed" {
		t.Errorf("the ticket is %q: %s", e.Rehearsal.State, e.Rehearsal.Reason)
	}
}

func TestAClosingAloneIsExplainedAfterAnOpeningThatIsMadeUp(t *testing.T) {
	e := rehearsed(t, options(t, everything), sample(resolved))
	if len(e.Assumed) != 1 || !strings.Contains(e.Assumed[0], "opening is made up") {
		t.Errorf("assumed %q", e.Assumed)
	}
	if got := writes(e, "made up before"); !slices.Equal(got, []string{"POST /rest/api/3/issue"}) {
		t.Errorf("before it %q", got)
	}
	if got := writes(e, "event 1"); len(got) != 2 {
		t.Errorf("the closing writes %q", got)
	}
}

func TestAnOpeningIsMadeUpOnTheDayThatTheFindingWasCreated(t *testing.T) {
	o := options(t, everything+"due = { \"*\" = \"1d\" }\n")
	for created, due := range map[string]string{"2021-01-05T12:00:00.5+00:00": "2021-01-06", "": "2021-01-20", "soon": "2021-01-20"} {
		e := explain.Events(o, [][]byte{body("RESOLVED", "RESOLVED", "v-1", 1611059000, "date_created", created)})
		if e.Ticket.DueDate != due {
			t.Errorf("%q: due %q", created, e.Ticket.DueDate)
		}
		if created == "" || created == "soon" {
			continue
		}
		rehearse(t, o, &e)
		if create := e.Rehearsal.Requests[6]; !strings.Contains(string(create.Body), `"duedate":"`+due+`"`) {
			t.Errorf("%q: %s", created, create.Body)
		}
	}
}

func TestAnOpeningMakesUpNothing(t *testing.T) {
	e := rehearsed(t, options(t, everything), sample(opened))
	if len(e.Assumed) != 0 || len(writes(e, "made up before")) != 0 || len(writes(e, "event 1")) != 1 || e.Closing != nil {
		t.Errorf("assumed %q, requests %+v, closing %+v", e.Assumed, e.Rehearsal.Requests, e.Closing)
	}
}

func TestANoteGoesToTheTicketOfATargetThatIsMadeUpWhereNoneIsKnown(t *testing.T) {
	o := options(t, threeTeams)
	for _, c := range []struct {
		name            string
		bodies          [][]byte
		assumed, before int
		because         string
		writes          string
	}{
		{"alone", [][]byte{sample(noted)}, 1, 1, "event 1", "POST /repos/acme/app/issues/1/comments"},
		{"of a known target", [][]byte{sample(created), sample(noted)}, 0, 0, "event 2", "POST /repos/acme/app/issues/1/comments"},
		{"deleted", [][]byte{sample(denoted)}, 2, 2, "event 1", "DELETE /repos/acme/app/issues/comments/"},
		{"deleted of a known target", [][]byte{sample(created), sample(noted), sample(denoted)}, 0, 0, "event 3", "DELETE /repos/acme/app/issues/comments/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := rehearsed(t, o, c.bodies...)
			if len(e.Assumed) != c.assumed || len(writes(e, "made up before")) != c.before {
				t.Errorf("assumed %q, before it %q", e.Assumed, writes(e, "made up before"))
			}
			if got := writes(e, c.because); len(got) != 1 || !strings.HasPrefix(got[0], c.writes) {
				t.Errorf("writes %q", got)
			}
			if deleted := strings.HasPrefix(c.name, "deleted"); e.Note.Deleted != deleted || (e.Note.Comment == "") != deleted {
				t.Errorf("note %+v", e.Note)
			}
		})
	}
}

func TestANoteThatTheRuleDoesNotWantIsToldSo(t *testing.T) {
	e := rehearsed(t, options(t, everything+"notes = false\n"), sample(created), sample(noted))
	if !e.Note.Ignored || len(writes(e, "event 2")) != 0 {
		t.Errorf("note %+v, writes %q", e.Note, writes(e, "event 2"))
	}
}

func TestAFindingOfTheStoreIsExplainedAsIfItsTicketWereNew(t *testing.T) {
	o := options(t, everything)
	open := finding.Fold(finding.Finding{}, decoded(t, o, body("OPENED", "OPEN", "v-1", 1611058000)))
	closed := finding.Fold(open, decoded(t, o, body("WONT_FIX", "WONT_FIX", "v-1", 1611059000, "exception_explanation", "Not ours.")))
	for _, c := range []struct {
		f             finding.Finding
		before, after int
		comment       string
	}{{open, 0, 1, ""}, {closed, 1, 2, "Not ours."}} {
		e := explain.Folded(o, c.f)
		rehearse(t, o, &e)
		if e.Event != nil || e.Finding.Disposition != string(c.f.Disposition) || len(e.Assumed) != 1+c.before {
			t.Errorf("event %+v, finding %+v, assumed %q", e.Event, e.Finding, e.Assumed)
		}
		if before, after := writes(e, "made up before"), writes(e, "finding"); len(before) != c.before || len(after) != c.after {
			t.Errorf("%s: before it %q, then %q", c.f.Disposition, before, after)
		}
		if e.Closing != nil && !strings.Contains(e.Closing.Comment, c.comment) {
			t.Errorf("comment %q", e.Closing.Comment)
		}
	}
}

func TestAFindingOfTheStoreIsExplainedAmongThoseThatShareItsTicket(t *testing.T) {
	o := options(t, grouped)
	first := finding.Fold(finding.Finding{}, decoded(t, o, targetBody(created, "1")))
	second := finding.Fold(finding.Finding{}, decoded(t, o, targetBody(created, "2")))
	apart := finding.Fold(finding.Finding{}, decoded(t, o, []byte(strings.ReplaceAll(string(targetBody(created, "3")), "0000000000f1", "0000000000f2"))))
	closed := finding.Fold(first, decoded(t, o, targetBody(fixed, "1")))
	e := explain.Folded(o, closed, second, apart)
	rehearse(t, o, &e)
	if want := []string{first.Key.String(), second.Key.String()}; !slices.Equal(e.Route.Members, want) {
		t.Errorf("members %q, want %q", e.Route.Members, want)
	}
	if !slices.ContainsFunc(e.Assumed, func(a string) bool { return strings.HasPrefix(a, "1 of the findings that share its ticket") }) {
		t.Errorf("assumed %q", e.Assumed)
	}
	if e.Closing != nil || e.Rehearsal.State != "live" || !strings.Contains(e.Ticket.Body, "2 findings: 1 open, 1 fixed") {
		t.Errorf("closing %+v, the ticket is %s:\n%s", e.Closing, e.Rehearsal.State, e.Ticket.Body)
	}
	if all := refused(e); len(all) != 0 || len(writes(e, "finding")) == 0 {
		t.Errorf("refused %q, writes %q", all, writes(e, "finding"))
	}
}

func decoded(t *testing.T, o explain.Options, body []byte) finding.Event {
	t.Helper()
	d := o.Config.Table.Decode(body, o.Now())
	if d.Verdict != "event" {
		t.Fatalf("%s: %s", d.Verdict, d.Reason)
	}
	return d.Event
}

const grouped = `
[[rule]]
name = "by-parent"
tracker = "oss"
repository = "acme/app"
group_by = "parent"
`

func TestOfAGroupTheFieldsAndTheKnownMembersAreTold(t *testing.T) {
	another := []byte(strings.ReplaceAll(string(sample(created)), "000000000001", "000000000002"))
	elsewhere := []byte(strings.NewReplacer("000000000001", "000000000003", "0000000000f1", "0000000000f2").Replace(string(sample(created))))
	e := explain.Events(options(t, grouped), [][]byte{sample(created), elsewhere, another})
	if !e.Route.Grouped || !slices.Equal(e.Route.GroupBy, []string{"parent"}) || !slices.Equal(e.Route.Members, []string{
		"target/6f1c5a0e-0000-4000-8000-000000000001", "target/6f1c5a0e-0000-4000-8000-000000000002"}) {
		t.Errorf("route %+v", e.Route)
	}
}

func TestATemplateThatFailsOnTheFindingIsToldWithTheTicket(t *testing.T) {
	e := explain.Events(options(t, everything+"body = '{{ if eq .UUID \"v-1\" }}{{ index (splitList \",\" .Title) 7 }}{{ end }}'\n"),
		[][]byte{body("OPENED", "OPEN", "v-1", 1611058000)})
	if e.Ticket.Error == "" || len(e.Missed([]explain.Want{{Key: "project", Value: "SEC"}})) != 0 {
		t.Errorf("error %q", e.Ticket.Error)
	}
}
