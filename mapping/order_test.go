package mapping

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// groupEvents draws the events of a few findings of one group, with texts that mean something to
// whoever reads them wrongly.
func groupEvents(t *rapid.T) []finding.Event {
	hostile := rapid.SampledFrom([]string{"", "HIGH", "a", "a b", "[x](https://evil.example)", "https://evil.example/", "https://www.securetheorem.com/x",
		"dtw-0123456789abcdef01234567", "\x00\n\u202e", "\U000F0000\uE000", `"}`, strings.Repeat("long ", 2_000)})
	name := rapid.SampledFrom([]finding.Field{finding.Title, finding.Description, finding.Severity, finding.Relevance, finding.AssetName,
		finding.AssetURL, finding.PortalURL, finding.AssetPortalURL, finding.AppName, finding.Explanation, finding.DateCreated})
	var events []finding.Event
	for i := range rapid.IntRange(1, 6).Draw(t, "events") {
		events = append(events, finding.Event{
			Digest: fmt.Sprint(i), Class: finding.Status, Time: rapid.Int64Range(1, 3).Draw(t, "time"), Parent: "p",
			Key:         finding.Key{Kind: finding.Target, UUID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "finding")},
			Disposition: rapid.SampledFrom(finding.Dispositions()).Draw(t, "disposition"),
			Fields:      rapid.MapOfN(name, hostile, 0, 6).Draw(t, "fields"),
		})
	}
	return events
}

// folded gives the findings that the events add up to, in the order in which they are first met.
func folded(events []finding.Event) []finding.Finding {
	var keys []finding.Key
	all := make(map[finding.Key]finding.Finding)
	for _, e := range events {
		if _, met := all[e.Key]; !met {
			keys = append(keys, e.Key)
		}
		all[e.Key] = finding.Fold(all[e.Key], e)
	}
	members := make([]finding.Finding, 0, len(keys))
	for _, k := range keys {
		members = append(members, all[k])
	}
	return members
}

// wording is everything that is written about a subject.
type wording struct {
	Draft   ticket.Draft
	Closing ticket.Closing
	Comment ticket.Doc
}

func everythingOf(t *rapid.T, v View, s Subject) wording {
	d, err := v.Draft(s, "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.Closing(s, s.Finding.Disposition)
	if err != nil {
		t.Fatal(err)
	}
	return wording{d, c, v.StateComment(s)}
}

func TestAnyOrderOfEventsGivesTheSameGroupAndTheSameText(t *testing.T) {
	templates := Rule{Name: "templates", Tracker: "corp", Project: "SEC", GroupBy: Names{"parent"}, Title: "{{.Title}} of {{.AssetName}}",
		Body:   "{{range .Members}}- [{{.AssetName}}]({{.PortalURL}}) {{.Explanation}}\n{{end}}{{.Open}} of {{.Closed}}",
		Labels: []string{"{{.Title}}", "{{.Severity}}"}, Due: map[string]string{"*": "5wd"}, Priority: map[string]string{"HIGH": "Highest", "*": "Low"},
		Fields: map[string]any{"Where": typedAs("url", "{{.AssetURL}}"), "Raw": typedAs("json", `{"a": "{{.Description}}"}`), "Text": "{{.Title}}"},
		On:     map[string]Outcome{"fixed": {Comment: "{{.Explanation}}", Labels: []string{"{{.AssetName}}"}}}}
	plain := Rule{Name: "plain", Tracker: "hub", Repository: "acme/app", GroupBy: Names{"parent"}}
	views := make([]View, 0, 2)
	for _, r := range []Rule{templates, plain} {
		m := compile(t, twoTrackers(r))
		views = append(views, m.For(Subject{Members: []finding.Finding{{}}}, m.rules[0].dest, r.Name))
	}
	rapid.Check(t, func(t *rapid.T) {
		events := groupEvents(t)
		other := rapid.Permutation(events).Draw(t, "order")
		for _, v := range views {
			for _, f := range folded(events) {
				if to, err := v.m.Route(f); err != nil || !Grouped(to.Group) {
					t.Fatalf("%v, %v", to, err)
				}
			}
			one, two := everythingOf(t, v, Several(folded(events))), everythingOf(t, v, Several(folded(other)))
			if !reflect.DeepEqual(one, two) {
				t.Fatalf("got  %+v\nthen %+v", one, two)
			}
			leadsNowhereElse(t, v.m.portal, one.Draft.Body)
			leadsNowhereElse(t, v.m.portal, one.Comment)
		}
	})
}

func leadsNowhereElse(t *rapid.T, p portal, doc ticket.Doc) {
	for _, block := range doc {
		for _, spans := range append(block.Items, block.Spans) {
			for _, s := range spans {
				if _, ok := p.vet(s.URL); s.Kind == ticket.Link && !ok {
					t.Fatalf("a link to %q", s.URL)
				}
			}
		}
	}
}
