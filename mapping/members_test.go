package mapping

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// member changes a copy of a finding into another one.
func member(f finding.Finding, uuid string, d finding.Disposition, changes map[finding.Field]string) finding.Finding {
	fields := make(map[finding.Field]finding.Value, len(f.Fields)+len(changes))
	maps.Copy(fields, f.Fields)
	f.Disposition, f.Key.UUID = d, uuid
	for name, text := range changes {
		fields[name] = finding.Value{Text: text, Stamp: f.Status}
	}
	f.Fields = fields
	return f
}

// certificates are violations of one policy rule on several assets.
func certificates() []finding.Finding {
	v := sampleViolation(finding.Open)
	asset := func(name string) map[finding.Field]string {
		return map[finding.Field]string{
			finding.AssetName: name, finding.AssetURL: "https://" + name, finding.AssetPortalURL: "https://www.securetheorem.com/asset/" + name,
			finding.PortalURL: "https://www.securetheorem.com/violation/" + name,
		}
	}
	accepted := member(v, "c", finding.RiskAccepted, asset("c.example"))
	accepted.Status.Time++
	accepted.Fields[finding.Explanation] = finding.Value{Text: "Until **June**.", Stamp: accepted.Status}
	return []finding.Finding{
		member(v, "b", finding.Fixed, asset("b.example")),
		accepted,
		member(v, "d", finding.Open, asset("d.example")),
		member(v, "a", finding.Open, map[finding.Field]string{finding.AssetName: "a.example", finding.Relevance: "URGENT", finding.PortalURL: "https://evil.example/a"}),
	}
}

// components are targets of one Mobile Secure finding, which differ in nothing that was sent.
func components(d ...finding.Disposition) []finding.Finding {
	var out []finding.Finding
	for i, d := range d {
		out = append(out, member(richTarget(), fmt.Sprintf("0000%d", i), d, nil))
	}
	return out
}

// groupView compiles a Jira rule that groups and looks at a ticket of it.
func groupView(t testing.TB, s Subject, change func(*Rule)) View {
	t.Helper()
	r := jiraRule()
	r.GroupBy = Names{"policy_rule_type", "asset_group"}
	change(&r)
	m := compile(t, twoTrackers(r))
	return m.For(s, ticket.Destination{Tracker: "corp", Project: "SEC", IssueType: "Bug"}, "all")
}

func asWritten(*Rule) {}

// waitingFor makes a digest.
func waitingFor(more int, members ...finding.Finding) Subject {
	s := Several(members)
	s.Digest, s.More = true, more
	return s
}

func TestTicketsOfGroupsAndDigestsAreAsInTheGoldenFiles(t *testing.T) {
	closed := certificates()
	for i := range closed {
		if closed[i].Disposition == finding.Open {
			closed[i].Disposition = finding.Fixed
		}
	}
	many := Several(nil)
	for i := range maxListed + 30 {
		d := finding.Open
		if i%2 == 1 {
			d = finding.Fixed
		}
		many.Members = append(many.Members, member(sampleService(), fmt.Sprintf("%04d", i), d, map[finding.Field]string{finding.AssetName: fmt.Sprintf("s%d.example", i)}))
	}
	many = Several(many.Members)
	mixed := slices.Concat(certificates()[:2], []finding.Finding{richTarget(), sampleTarget(finding.Fixed), sampleService()})
	byParent := func(r *Rule) { r.GroupBy = Names{"parent"} }
	bounded := func(r *Rule) { r.MaxNewPerHour = new(20) }
	for name, tt := range map[string]struct {
		subject Subject
		rule    func(*Rule)
	}{
		"violations":        {Several(certificates()), asWritten},
		"violations_closed": {Several(closed), asWritten},
		"violation_alone":   {Several(certificates()[:1]), asWritten},
		"targets":           {Several(components(finding.Open, finding.Fixed, finding.Open)), byParent},
		"mixed":             {Several(mixed), func(r *Rule) { r.GroupBy = Names{"asset_group"} }},
		"many":              {many, func(r *Rule) { r.GroupBy = Names{"asset_group", "kind"} }},
		"digest":            {waitingFor(7, mixed...), bounded},
		"digest_empty":      {waitingFor(0), bounded},
		"digest_no_bound":   {waitingFor(0, certificates()[2]), asWritten},
	} {
		t.Run(name, func(t *testing.T) {
			v := groupView(t, tt.subject, tt.rule)
			d, err := v.Draft(tt.subject, "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("group", name+".txt"), d.Title+"\n\n"+dump(d.Body)+"\ncomment:\n"+dump(v.StateComment(tt.subject)))
		})
	}
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAGroupIsTitledByWhatItGroupsBy(t *testing.T) {
	v := certificates()[0]
	titled := member(v, "b", finding.Open, map[finding.Field]string{finding.PolicyRuleTitle: "Certificate expires soon"})
	bare := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.AssetGroupUUID: "g-1", finding.PolicyRuleType: "t"})
	for _, tt := range []struct {
		by   string
		f    finding.Finding
		want string
	}{
		{"policy_rule_type asset_group", titled, "Certificate expires soon · CA Business Unit"},
		{"policy_rule_type", v, "The server leverages a certificate for SSL/TLS connections that will expire in less than the configured…"},
		{"asset_group", titled, "Findings · CA Business Unit"},
		{"asset_name kind", titled, "Policy violations · b.example"},
		{"asset_group relevance", titled, "Findings · CA Business Unit · IMPORTANT"},
		{"policy_rule_type", bare, "Policy violations"},
		{"asset_group_uuid", bare, "Findings · g-1"},
		{"parent", richTarget(), "Private key in the app · MyBank"},
		{"parent", sampleTarget(finding.Open), "Mobile Secure findings · app 13"},
		{"app_id severity", richTarget(), "Findings · MyBank · HIGH"},
		{"title", richTarget(), "Private key in the app"},
	} {
		s := Several([]finding.Finding{tt.f})
		d, err := groupView(t, s, func(r *Rule) { r.GroupBy = strings.Fields(tt.by) }).Draft(s, "dtw-1", ticket.Ref{})
		if err != nil || d.Title != tt.want {
			t.Errorf("by %s: %q, %v", tt.by, d.Title, err)
		}
	}
}

func TestATemplateOfAGroupSeesItsMembers(t *testing.T) {
	s := Several(certificates())
	for text, want := range map[string]string{
		"{{.Open}} open, {{.Closed}} closed of {{len .Members}}":                                             "P 2 open, 2 closed of 4\n",
		"{{range .Members}}- {{.AssetName}} {{.Disposition}} {{.Open}}{{.Closed}} {{len .Members}}\n{{end}}": "- a.example open 10 0\n- d.example open 10 0\n- b.example fixed 01 0\n- c.example risk_accepted 01 0\n",
		"{{.Kind}}/{{.UUID}}{{.Key}} {{.Relevance}} {{.AssetGroup}}[{{.AssetName}}]":                         "P violation/ URGENT CA Business Unit[]\n",
		"{{.Headline}}": "P The server leverages a certificate for SSL/TLS connections that will expire in less than the configured… · CA Business Unit\n",
		"{{with .Members}}{{(index . 0).AssetName}}{{end}}": "P a.example\n",
	} {
		d, err := groupView(t, s, func(r *Rule) { r.Body = text }).Draft(s, "dtw-1", ticket.Ref{})
		if got := dump(d.Body); err != nil || got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	if got := dump(body(t, "{{.Open}}{{.Closed}}{{len .Members}}", sampleViolation(finding.Fixed))); got != "P 010\n" {
		t.Errorf("alone: %s", got)
	}
}

func TestADraftOfAGroupChangesOnlyWithWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfN(rapid.Custom(anyMember), 1, 6).Draw(t, "members")
		for i := range members {
			members[i].Key.UUID = fmt.Sprint(i)
		}
		s := Several(members)
		v := View{m: &Mapping{portal: portal{"securetheorem.com"}, trackers: map[string]Service{"corp": Jira}}, rule: &rule{groupBy: Names{"asset_name"}}, dest: ticket.Destination{Tracker: "corp"}}
		draft := func(s Subject) ticket.Draft {
			d, err := v.Draft(s, "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		before := draft(s)
		order := rapid.Permutation(members).Draw(t, "order")
		if v.Digest(draft(Subject{Finding: finding.Merge(order), Members: order})) != v.Digest(before) {
			t.Fatal("the order of the members changes the ticket")
		}
		later := slices.Clone(members)
		for i := range later {
			later[i].Status.Time += 3600
		}
		if v.Digest(draft(Several(later))) != v.Digest(before) {
			t.Fatal("time changes the ticket")
		}
		closing := slices.Clone(members)
		i := rapid.IntRange(0, len(members)-1).Draw(t, "which")
		closing[i].Disposition = map[bool]finding.Disposition{true: finding.Open, false: finding.Fixed}[closing[i].Disposition.Closed()]
		after := draft(Several(closing))
		if v.Digest(after) == v.Digest(before) || dump(after.Body) == dump(before.Body) {
			t.Fatal("a member that closed or opened changes nothing")
		}
	})
}

func anyMember(t *rapid.T) finding.Finding {
	fields := rapid.MapOf(
		rapid.SampledFrom([]finding.Field{finding.Title, finding.Description, finding.AssetName, finding.Severity, finding.PortalURL}),
		rapid.SampledFrom([]string{"", "a", "HIGH", "LOW", "https://securetheorem.com/x"}),
	).Draw(t, "fields")
	return seen(finding.Violation, rapid.SampledFrom(finding.Dispositions()).Draw(t, "disposition"), fields)
}

func TestAListIsBoundedAndSaysWhatItHides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var members []finding.Finding
		open := 0
		for i := range rapid.IntRange(1, 250).Draw(t, "n") {
			f := sampleViolation(rapid.SampledFrom([]finding.Disposition{finding.Open, finding.Fixed}).Draw(t, "d"))
			f.Key.UUID = fmt.Sprint(i)
			if f.Disposition == finding.Open {
				open++
			}
			members = append(members, f)
		}
		list := portal{}.list(Several(members))[0]
		lines := strings.Split(strings.TrimSpace(dump(ticket.Doc{list})), "\n")
		shown := 0
		for _, l := range lines {
			if strings.HasPrefix(l, "- *open*") {
				shown++
			}
		}
		if shown != min(open, maxListed) {
			t.Fatalf("%d of %d open ones are listed", shown, open)
		}
		hidden := len(members) - maxListed
		if hidden <= 0 {
			if len(lines) != len(members) {
				t.Fatalf("%d lines", len(lines))
			}
			return
		}
		if want := fmt.Sprintf("- … and %d more, of which %d open", hidden, open-shown); len(lines) != maxListed+1 || lines[maxListed] != want {
			t.Fatalf("%d lines, the last %q", len(lines), lines[len(lines)-1])
		}
	})
}

func TestWhatBecameOfFindingsIsCounted(t *testing.T) {
	for want, states := range map[string][]finding.Disposition{
		"1 finding: 1 open":                                    {finding.Open},
		"3 findings: 1 fixed, 2 risk accepted":                 {finding.RiskAccepted, finding.Fixed, finding.RiskAccepted},
		"4 findings: 1 open, 1 won’t fix, 2 muted for a while": {"muted_for_a_while", finding.WontFix, finding.Open, "muted_for_a_while"},
	} {
		if got := summary(states); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestACommentTemplateOfAGroupSeesItsMembers(t *testing.T) {
	s := Several(components(finding.Fixed, finding.Fixed))
	v := groupView(t, s, func(r *Rule) {
		r.On = map[string]Outcome{"fixed": {Comment: "{{.Closed}} of {{len .Members}} done", CommentOnly: true}}
	})
	if got := dump(v.StateComment(s)); got != "P 2 of 2 done\n" {
		t.Errorf("got %s", got)
	}
	if !v.CommentOnly(finding.Fixed) || v.CommentOnly(finding.Resolved) {
		t.Error("comment_only is of another disposition")
	}
}

func TestADigestWhoseRuleIsGoneHasATitle(t *testing.T) {
	s := waitingFor(0, sampleTarget(finding.Open))
	m := compile(t, twoTrackers())
	d, err := m.For(s, ticket.Destination{Tracker: "corp", Project: "OLD"}, "gone").Draft(s, "dtw-1", ticket.Ref{})
	if err != nil || d.Title != "Findings that wait for a ticket of their own" {
		t.Errorf("got %q, %v", d.Title, err)
	}
}
