package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/jira/jiratest"
)

// The rules of the matrix, for each service behind its defaults.
const (
	jiraDefaults = `
[defaults]
tracker = "jira"
project = "SEC"
issue_type = "Bug"
priority = { HIGH = "Highest", IMPORTANT = "High", "*" = "Medium" }
on.fixed = { transitions = ["In Progress", "In Review", "Resolved"], resolution = "Fixed" }
on.resolved = { transitions = ["In Progress", "In Review", "Resolved"], resolution = "Fixed" }
on.risk_accepted = { transitions = ["In Progress", "In Review", "Won't Do"], resolution = "Won't Do" }
on.wont_fix = { transitions = ["In Progress", "In Review", "Won't Do"], resolution = "Won't Do" }
on.open = { transitions = ["Reopen"] }
`
	githubDefaults = `
[defaults]
tracker = "github"
repository = "acme/app"
on.risk_accepted = { labels = ["risk accepted"] }
`
	plainRule = `
[[rule]]
name = "plain"
labels = ["security"]
`
	templatesRule = `
[[rule]]
name = "templates"
title = '{{ coalesce .Severity .Relevance "Security" | lower | title }}: {{ .Headline | abbrev 60 }}'
body = '''
## {{ .Headline }}

{{ if .AssetName }}Seen on **{{ .AssetName }}** of {{ .AssetGroup }}.{{ else }}Seen in app {{ .AppID }}.{{ end }}

{{ .Recommendation }}
'''
labels = ["security", "{{ .Product }}", "{{ with .AssetGroup }}group:{{ . }}{{ end }}"]
`
	templatesOnJira = `
due = { IMPORTANT = "10wd", "*" = "30d" }
components = ["Backend"]
fix_versions = ["2.0"]
security_level = "Internal"
on.fixed = { transitions = ["In Progress", "In Review", "Resolved"], resolution = "Fixed", comment = "Mended: {{ .Headline }}" }
[rule.fields]
"Team" = { select = "Payments" }
"Found in" = "{{ coalesce .AssetName .AppID }}"
customfield_10042 = { number = "{{ if eq .Relevance \"IMPORTANT\" }}8{{ else }}5{{ end }}" }
"Risk" = { cascading = ["Technical", "Transport"] }
`
	templatesOnGitHub = `
milestone = "Hardening"
assignee = "alice"
on.fixed.comment = "Mended: {{ .Headline }}"
`
	profilesRules = `
[profile.base]
labels = ["security"]
notes = false
[profile.quiet]
labels = ["security", "quiet"]
[[rule]]
name = "services"
match.kind = "service"
extends = "base"
labels = ["inventory"]
[[rule]]
name = "chain"
extends = ["base", "quiet"]
`
	byParentRule = `
[[rule]]
name = "by parent"
labels = ["security"]
group_by = "parent"
`
	byPolicyRule = `
[[rule]]
name = "by policy"
labels = ["security"]
group_by = ["policy_rule_type", "asset_group"]
`
	boundedRule = `
[[rule]]
name = "bounded"
labels = ["security"]
max_new_per_hour = 2
`
	commentOnlyRule = `
[profile.talk]
on.fixed = { comment_only = true, comment = "Fixed, says Data Theorem. Close it after your own test." }
on.wont_fix = { comment_only = true }
[[rule]]
name = "comment only"
extends = "talk"
`
)

// ruleSet is a row of the matrix.
type ruleSet struct {
	name         string
	rules        string
	jira, github string // what only one of the services knows
	members      int    // how many findings each story is told of
}

func ruleSets() []ruleSet {
	return []ruleSet{
		{name: "plain", rules: plainRule, members: 1},
		{name: "templates", rules: templatesRule, jira: templatesOnJira, github: templatesOnGitHub, members: 1},
		{name: "profiles", rules: profilesRules, members: 1},
		{name: "by-parent", rules: byParentRule, members: 2},
		{name: "by-policy", rules: byPolicyRule, members: 2},
		{name: "bounded", rules: boundedRule, members: 1},
		{name: "comment-only", rules: commentOnlyRule, members: 1},
	}
}

// stories is what every rule set is told: the events of the guide, one story for each finding.
func stories() [][]string {
	return [][]string{
		{opened},
		{opened, "API_SECURE__POLICY_VIOLATION_RESOLVED"},
		{opened, "API_SECURE__POLICY_VIOLATION_WONT_FIX"},
		{"API_SECURE__NETWORK_SERVICE_DISCOVERED"},
		{created, noted},
		{created, "MOBILE_SECURE__FINDING_TARGET_FIXED"},
		{created, "MOBILE_SECURE__FINDING_TARGET_RISK_ACCEPTED"},
	}
}

// storied gives a sample with the ids of one member of a story. The members share the finding, the
// issue type, the policy and the asset group.
func storied(name string, story, member int) string {
	group, own := fmt.Sprintf("%08x", story), fmt.Sprintf("%08x", story<<8|member)
	asset := []string{"gumtree.com.au", "shop.gumtree.com.au"}[member]
	return strings.NewReplacer(
		"6f1c5a0e-0000-4000-8000-000000000001", group+"-0000-4000-8000-00000000000"+fmt.Sprint(member+1),
		"6f1c5a0e", group, "924f1fb0", own, "ed1d9485", own, "8cc7e379", group,
		"CA Business Unit", fmt.Sprint("Business Unit ", story), "gumtree.com.au", asset,
	).Replace(string(samples.Body(name)))
}

// furnished is the settings of a host that has what the rules of the matrix name.
func furnished(h host, set ruleSet) settings {
	s := h.settings
	s.rules = githubDefaults + set.rules + set.github
	if h.name != "github" {
		s.rules = jiraDefaults + set.rules + set.jira
	}
	s.jira.Projects = []jiratest.Project{{
		Key: "SEC", Name: "Security", Workflow: jiratest.ReviewWorkflow(),
		Components: []string{"Backend"}, Versions: []string{"2.0"}, SecurityLevels: []string{"Internal"},
		Fields: map[string]jiratest.Field{
			"customfield_10040": {Name: "Team", Type: "select", Allowed: []string{"Payments", "Core"}},
			"customfield_10041": {Name: "Found in", Type: "text"},
			"customfield_10042": {Name: "Score", Type: "number"},
			"customfield_10043": {Name: "Risk", Type: "cascading", Allowed: []string{"Technical"}, Below: map[string][]string{"Technical": {"Transport"}}},
		},
	}}
	return s
}

func TestEveryRuleSetMakesTheTicketsOfItsGoldenFileOnEveryTracker(t *testing.T) {
	long(t)
	for _, h := range hosts() {
		if !h.golden {
			continue
		}
		for _, set := range ruleSets() {
			t.Run(h.name+"/"+set.name, func(t *testing.T) {
				inWorld(t, furnished(h, set), func(w *world) {
					_, err := w.github.AddMilestone("acme/app", "Hardening")
					w.must(err)
					w.must(w.github.AddPerson("acme/app", "alice"))
					for n, story := range stories() {
						for _, name := range story {
							for member := range set.members {
								w.post(storied(name, n+1, member))
								w.settle()
							}
							w.pass(3 * time.Minute)
						}
					}
					w.compare(filepath.Join("testdata", "golden", "matrix", h.name, set.name+".txt"), w.everything())
				})
			})
		}
	}
}

// everything is the text of a golden file of the matrix: all issues as they stand.
func (w *world) everything() string {
	var b strings.Builder
	for _, s := range w.issues() {
		fmt.Fprintf(&b, "################ %s\ntitle: %s\nlabels: %s\n", s.Key, s.Title, strings.Join(s.Labels, " | "))
		for _, more := range append([]string{"priority: " + s.Priority, "status: " + s.Status, "reason: " + s.Reason}, s.More...) {
			if !strings.HasSuffix(more, ": ") {
				fmt.Fprintln(&b, more)
			}
		}
		fmt.Fprintf(&b, "\n%s\n", byBlock(s.Body))
		for _, c := range s.Comments {
			fmt.Fprintf(&b, "\n======== comment\n%s\n", byBlock(c))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// byBlock gives a text as stored, of ADF one line for each block, and for each child of a list or table.
func byBlock(text string) string {
	doc := adf{}
	if json.Unmarshal([]byte(text), &doc) != nil || doc.Type != "doc" {
		return text
	}
	var lines []string
	for _, raw := range doc.Content {
		block := adf{}
		if err := json.Unmarshal(raw, &block); err == nil && (block.Type == "bulletList" || block.Type == "table") {
			lines = append(lines, block.Type)
			for _, child := range block.Content {
				lines = append(lines, "    "+compact(child))
			}
			continue
		}
		lines = append(lines, compact(raw))
	}
	return strings.Join(lines, "\n")
}

// adf is a node of a description of Jira Cloud.
type adf struct {
	Type    string            `json:"type"`
	Content []json.RawMessage `json:"content"`
}

func compact(raw json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return string(raw)
	}
	return out.String()
}
