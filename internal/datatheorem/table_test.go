package datatheorem

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

func TestTheConfigurationComesBeforeTheBuiltInTable(t *testing.T) {
	const name = "API_SECURE__POLICY_VIOLATION_WONT_FIX"
	exact := Entry{Name: "mine", Type: name, Class: "status", Kind: finding.Violation, Disposition: finding.RiskAccepted}
	pattern := Entry{Type: "WEB_SECURE__*", Class: "status", Kind: finding.Violation, Disposition: finding.Open}
	for _, c := range []struct {
		name  string
		extra []Entry
		entry string
		want  finding.Disposition
	}{
		{name, nil, name, finding.WontFix},
		{name, []Entry{exact}, "mine", finding.RiskAccepted},
		{name, []Entry{{Type: "*", Class: "ignored"}, exact}, "mine", finding.RiskAccepted},
		{"WEB_SECURE__POLICY_VIOLATION_RESOLVED", nil, "*__POLICY_VIOLATION_RESOLVED", finding.Resolved},
		{"WEB_SECURE__POLICY_VIOLATION_RESOLVED", []Entry{pattern}, "WEB_SECURE__*", finding.Open},
		{name, []Entry{{Type: "API_SECURE__*", Class: "ignored"}}, name, finding.WontFix}, // exact names come first
	} {
		d := builtinTable(t, c.extra...).Decode(body(c.name, violation), received())
		if d.Entry != c.entry || d.Event.Entry != c.entry || d.Event.Disposition != c.want {
			t.Errorf("%s: %q by %q, want %q by %q", c.name, d.Event.Disposition, d.Entry, c.want, c.entry)
		}
	}
}

func TestAnEntryMayNameItsOwnPathsAndKeepsTheBuiltInOnes(t *testing.T) {
	table := builtinTable(t, Entry{
		Type: "API_PROTECT__ATTACK_SEEN", Class: "status", Kind: finding.Target, Disposition: finding.Open,
		UUID: []string{"attack.key"}, Parent: []string{"attack.campaign"},
		Fields: map[finding.Field][]string{finding.Title: {"attack.headline"}, finding.PolicyRule: {"rule"}},
	})
	d := table.Decode(body("API_PROTECT__ATTACK_SEEN",
		`"uuid":"not this","title":"nor this","severity":"HIGH","rule":5,"attack":{"key":"k","campaign":3,"headline":"h"}`), received())
	if d.Event.Key.UUID != "k" || d.Event.Parent != "3" {
		t.Errorf("%v, parent %q (%s)", d.Event.Key, d.Event.Parent, d.Reason)
	}
	for name, want := range map[finding.Field]string{finding.Title: "h", finding.PolicyRule: "5", finding.Severity: "HIGH", finding.Product: "api_protect"} {
		if d.Event.Fields[name] != want {
			t.Errorf("%s is %q by %q, want %q", name, d.Event.Fields[name], d.Paths[name], want)
		}
	}
	d = table.Decode(body("API_PROTECT__ATTACK_SEEN", `"title":"a built-in path","attack":{"key":"k"}`), received())
	if d.Event.Fields[finding.Title] != "a built-in path" {
		t.Errorf("title %q", d.Event.Fields[finding.Title])
	}
}

func TestANoteMayBeWrittenOnAFindingOfItsOwn(t *testing.T) {
	d := builtinTable(t).Decode(body("WEB_SECURE__POLICY_VIOLATION_NOTE_CREATED",
		`"uuid":"n","policy_violation_uuid":"v","policy_violation_status":"OPEN","text":"t"`), received())
	if d.Event.Class != finding.NoteCreated || d.Event.Key != (finding.Key{Kind: finding.Violation, UUID: "v"}) || d.Event.Note.ID != "n" {
		t.Errorf("%s %+v (%s)", d.Verdict, d.Event, d.Reason)
	}
}

func TestEveryMistakeOfTheConfigurationIsToldAtOnce(t *testing.T) {
	_, errs := NewTable([]Entry{
		{Type: "FINE", Class: "ignored"},
		{Class: "status", Kind: "thing", Disposition: "gone"},
		{Type: "A", Class: "opened"},
		{Type: "B", Class: "ignored", Disposition: finding.Open},
		{Type: "C", Class: "note_created", Kind: "thing"},
		{Type: "D", Class: "status", Kind: finding.Parent},
		{Type: "E", Class: "personal", Fields: map[finding.Field][]string{"titel": {"x"}, finding.Title: {"y"}}},
	})
	var got []string
	for _, err := range errs {
		mistake, ok := errors.AsType[*EntryError](err)
		if !ok {
			t.Fatalf("%T", err)
		}
		got = append(got, fmt.Sprintf("%d %s", mistake.Index, mistake.Key))
		if !strings.HasPrefix(err.Error(), fmt.Sprintf("event entry %d: %s: ", mistake.Index+1, mistake.Key)) {
			t.Errorf("%q", err)
		}
	}
	want := "1 type, 1 kind, 1 disposition, 2 class, 3 disposition, 4 kind, 5 kind, 6 fields.titel"
	if joined := strings.Join(got, ", "); joined != want {
		t.Errorf("got  %s\nwant %s", joined, want)
	}
}

func TestAnEntryWithAMistakeIsLeftOut(t *testing.T) {
	table, errs := NewTable([]Entry{{Type: "API_SECURE__POLICY_VIOLATION_OPENED", Class: "nonsense"}})
	if len(errs) != 1 {
		t.Fatalf("%d errors", len(errs))
	}
	if d := table.Decode(body("API_SECURE__POLICY_VIOLATION_OPENED", violation), received()); d.Event.Disposition != finding.Open {
		t.Errorf("%s (%s)", d.Verdict, d.Reason)
	}
}

func TestTheBuiltInTableIsFreeOfMistakes(t *testing.T) {
	for i, e := range builtin() {
		for _, err := range e.check(i) {
			t.Errorf("%s: %v", e.Type, err)
		}
	}
}

func TestGlobsCoverTheWholeName(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"**", "a", true}, {"?", "", false}, {"?", "a", true},
		{"a*", "a", true}, {"*a", "ba", true}, {"*a", "ab", false}, {"a*b*c", "a1b2c", true}, {"a*b*c", "a1c2b", false},
		{"*ab", "aab", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"[a]", "a", false}, {"a", "aa", false},
	} {
		if got := glob(c.pattern, c.name); got != c.want {
			t.Errorf("%q covers %q: %t", c.pattern, c.name, got)
		}
	}
}

func TestAGlobCoversEveryNameItWasMadeFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ABC_]{0,12}`).Draw(t, "name")
		from := rapid.IntRange(0, len(name)).Draw(t, "from")
		to := rapid.IntRange(from, len(name)).Draw(t, "to")
		if pattern := name[:from] + "*" + name[to:]; !glob(pattern, name) {
			t.Fatalf("%q does not cover %q", pattern, name)
		}
		if pattern := name[:from] + "*x" + name[to:]; glob(pattern, name) {
			t.Fatalf("%q covers %q", pattern, name)
		}
	})
}
