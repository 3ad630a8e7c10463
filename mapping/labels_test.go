package mapping

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func labelled(t testing.TB, r Rule, f finding.Finding) []string {
	t.Helper()
	d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Labels
}

func TestLabelsAreTemplatesWithAPolicyForSpaces(t *testing.T) {
	f := sampleViolation(finding.Open)
	for _, tt := range []struct {
		rule   Rule
		spaces string
		want   []string
	}{
		{jiraRule(), "", []string{"app-sec", "CA-Business-Unit", "important"}},
		{jiraRule(), "dash", []string{"app-sec", "CA-Business-Unit", "important"}},
		{jiraRule(), "underscore", []string{"app_sec", "CA_Business_Unit", "important"}},
		{jiraRule(), "remove", []string{"appsec", "CABusinessUnit", "important"}},
		{githubRule(), "", []string{"app sec", "CA Business Unit", "important"}},
		{githubRule(), "keep", []string{"app sec", "CA Business Unit", "important"}},
		{githubRule(), "dash", []string{"app-sec", "CA-Business-Unit", "important"}},
	} {
		tt.rule.Labels = []string{"app sec", "{{.AssetGroup}}", "{{lower .Relevance}}", "{{.Severity}}", "{{.AssetGroup}}"}
		tt.rule.LabelSpaces = tt.spaces
		if got := labelled(t, tt.rule, f); !slices.Equal(got, tt.want) {
			t.Errorf("%s on %s: %q", tt.spaces, tt.rule.Tracker, got)
		}
	}
}

func TestJiraDoesNotKeepSpacesThatTheDefaultsKeep(t *testing.T) {
	r := jiraRule()
	r.Labels = []string{"{{.AssetGroup}}"}
	s := twoTrackers(r)
	s.Defaults.LabelSpaces = "keep"
	m := compile(t, s)
	f := sampleViolation(finding.Open)
	route, _ := m.Route(f)
	d, err := m.For(One(f), route.Destination, route.Rule).Draft(One(f), "dtw-1", ticket.Ref{})
	if err != nil || !slices.Equal(d.Labels, []string{"CA-Business-Unit"}) {
		t.Errorf("got %q, %v", d.Labels, err)
	}
}

func TestALabelThatFailsOnAFindingIsLeftOut(t *testing.T) {
	r := jiraRule()
	r.Labels = []string{`{{if .AssetName}}{{slice .AssetName 5}}{{end}}`, "rest"}
	f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.AssetName: "a"})
	if got := labelled(t, r, f); !slices.Equal(got, []string{"rest"}) {
		t.Errorf("got %q", got)
	}
}

func TestALabelFromAFindingIsTameWhateverIsSent(t *testing.T) {
	jira, github := jiraRule(), githubRule()
	jira.Labels, github.Labels = []string{"{{.Category}}"}, []string{"{{.Category}}"}
	views := map[Service]View{Jira: view(t, jira, sampleViolation(finding.Open)), GitHub: view(t, github, sampleViolation(finding.Open))}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[dD]\x{200b}?[tT][wc]-\x{200b}?[0-9a-f]{0,24}`),
			rapid.StringMatching(`[a-z, \n]{0,400}`),
		).Draw(t, "text")
		f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Category: text})
		for service, v := range views {
			d, err := v.Draft(One(f), "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range d.Labels {
				limit := map[Service]int{Jira: maxJiraLabel, GitHub: maxGitHubLabel}[service]
				switch {
				case l == "" || l != strings.TrimSpace(l) || ticket.Units(l) > limit:
					t.Fatalf("%s: %q", service, l)
				case strings.ContainsFunc(l, unicode.IsControl) || strings.ContainsAny(l, "\u200b\u2028\n"):
					t.Fatalf("%s: more than one line, or invisible: %q", service, l)
				case likeMarker(l) || ticket.Clean(l) != l && likeMarker(strings.ReplaceAll(ticket.Clean(l), ticket.ZeroWidthSpace, "")):
					t.Fatalf("%s: a marker: %q", service, l)
				case service == GitHub && strings.Contains(l, ","), service == Jira && strings.ContainsFunc(l, unicode.IsSpace):
					t.Fatalf("%s: does not take %q", service, l)
				}
			}
		}
	})
}
