package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// Bounds of a list of findings: so many lines, and so many characters of a name in one. Jira Cloud
// takes about 32,000 bytes of a description's ADF (facts/jira.md 3), of which a line with a link needs
// 400: sixty leave room for the text before them, so that the list ends with our own words and is not
// cut by the adapter.
const (
	maxListed = 60
	maxName   = 80
)

// listed gives the findings in the order in which they are listed: open ones first, then the worst
// first, then by key. Nothing that changes by itself is part of it.
func listed(members []finding.Finding) []finding.Finding {
	return slices.SortedFunc(slices.Values(members), func(a, b finding.Finding) int {
		return cmp.Or(
			cmp.Compare(closedLast(a), closedLast(b)),
			finding.CompareWeight(a, b),
			a.Key.Compare(b.Key),
		)
	})
}

func closedLast(f finding.Finding) int {
	if f.Disposition.Closed() {
		return 1
	}
	return 0
}

// sameKind gives the kind of all the findings, "" where they differ.
func sameKind(members []finding.Finding) finding.Kind {
	var kind finding.Kind
	for i, f := range members {
		if i > 0 && f.Key.Kind != kind {
			return ""
		}
		kind = f.Key.Kind
	}
	return kind
}

// roll names findings so that they can be told apart in a list.
type roll struct {
	portal portal
	name   func(finding.Finding) string
	names  map[string]int // how many findings have a name
	titled bool           // they differ in their titles
}

// newRoll names the members of a group. Those of a digest, which have only their rule in common, are
// named as their own tickets will be.
func newRoll(p portal, members []finding.Finding, digest bool) roll {
	r := roll{portal: p, name: shortName, names: make(map[string]int, len(members))}
	if digest {
		r.name = waitingName
	}
	for _, f := range members {
		r.names[r.name(f)]++
		r.titled = r.titled || !digest && f.Get(finding.Title) != members[0].Get(finding.Title)
	}
	return r
}

// shortName is what a finding is called in a list: by where it is, since what it is is mostly what
// the findings of a list have in common.
func shortName(f finding.Finding) string {
	name := told(f.Get(finding.AssetName), f.Get(finding.AssetURL), appName(f), f.Get(finding.Title))
	if name == "" {
		name = kindName(f.Key.Kind) + " " + oneLine(f.Key.UUID)
	}
	return shorten(name, maxName)
}

// waitingName is what a finding is called in a digest: by what it is and where.
func waitingName(f finding.Finding) string {
	what, where := shorten(subject(f), maxName), shorten(shortName(f), maxName/2)
	if strings.Contains(what, where) {
		return what
	}
	return what + " · " + where
}

func appName(f finding.Finding) string {
	app := appCalled(f)
	if platform := told(f.Get(finding.Platform)); app != "" && platform != "" {
		return app + " (" + platform + ")"
	}
	return app
}

// appCalled is the app by its name, or else by its id, which needs the word before it.
func appCalled(f finding.Finding) string {
	name, id := told(f.Get(finding.AppName)), told(f.Get(finding.AppID))
	if name == "" && id != "" {
		return "app " + id
	}
	return name
}

// spans shows a finding: its name, as a link where the portal's page of it may be followed, its
// title where titles differ, how bad it is, and its UUID where the name alone does not tell it from
// another.
func (r roll) spans(f finding.Finding) []ticket.Span {
	name := r.name(f)
	out := slices.Clone(r.portal.named(name, f.Get(finding.PortalURL)))
	if title := shorten(told(f.Get(finding.Title), f.Get(finding.PolicyRuleTitle)), maxName); r.titled && title != "" && title != name {
		out = appendText(out, " · "+title)
	}
	if weight := told(f.Get(finding.Severity), f.Get(finding.Relevance), f.Get(finding.Priority)); weight != "" {
		out = appendText(out, " · "+shorten(weight, maxName))
	}
	if r.names[name] > 1 {
		out = append(appendText(out, " · "), mono(f.Key.UUID)...)
	}
	return out
}

// list shows the subject's findings, each behind its state where states may differ, and how many
// there are beyond the bound.
func (p portal) list(s Subject) ticket.Doc {
	all := listed(s.Members)
	r := newRoll(p, all, s.Digest)
	var items [][]ticket.Span
	for _, f := range all[:min(len(all), maxListed)] {
		var item []ticket.Span
		if !s.Digest {
			item = []ticket.Span{{Kind: ticket.Strong, Text: stateWords(f.Disposition)}, {Text: " · "}}
		}
		for _, span := range r.spans(f) {
			item = appendSpan(item, span)
		}
		items = append(items, item)
	}
	if rest := beyond(all, s); rest != "" {
		items = append(items, ticket.Text(rest))
	}
	if len(items) == 0 {
		return nil
	}
	return ticket.Doc{{Kind: ticket.List, Items: items}}
}

// beyond says what is not listed.
func beyond(all []finding.Finding, s Subject) string {
	hidden := all[min(len(all), maxListed):]
	switch more := len(hidden) + s.More; {
	case more <= 0:
		return ""
	case s.Digest:
		return fmt.Sprintf("… and %d more", more)
	default:
		return fmt.Sprintf("… and %d more, of which %d open", more, len(open(hidden)))
	}
}

// open gives those that are open.
func open(members []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(slices.Clone(members), func(f finding.Finding) bool { return f.Disposition.Closed() })
}

// summary counts findings by what became of them: "3 findings: 1 open, 2 fixed".
func summary(states []finding.Disposition) string {
	counts := make(map[finding.Disposition]int)
	for _, d := range states {
		counts[d]++
	}
	order := finding.Dispositions()
	for _, d := range slices.Sorted(slices.Values(states)) {
		if !slices.Contains(order, d) {
			order = append(order, d)
		}
	}
	var told []string
	for _, d := range order {
		if counts[d] > 0 {
			told = append(told, fmt.Sprintf("%d %s", counts[d], stateWords(d)))
		}
	}
	return numbered(len(states)) + ": " + strings.Join(told, ", ")
}

func numbered(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}

// stateWords is how a disposition is called in a list.
func stateWords(d finding.Disposition) string {
	switch d {
	case finding.CompensatingControl:
		return "closed by a compensating control"
	case finding.WontFix:
		return "won’t fix"
	default:
		return strings.ReplaceAll(oneLine(string(d)), "_", " ")
	}
}

func dispositionsOf(members []finding.Finding) []finding.Disposition {
	out := make([]finding.Disposition, 0, len(members))
	for _, f := range members {
		out = append(out, f.Disposition)
	}
	return out
}
