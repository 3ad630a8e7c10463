package mapping

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

func grouped(by ...string) Rule {
	return Rule{Name: "grouped", Tracker: "corp", Project: "SEC", GroupBy: by}
}

func TestFindingsThatAgreeInTheFieldsOfARuleShareAGroup(t *testing.T) {
	other := func(change func(*finding.Finding)) finding.Finding {
		f := richTarget()
		f.Key.UUID = "00000000-0000-4000-8000-00000000000b"
		change(&f)
		return f
	}
	set := func(name finding.Field, text string) func(*finding.Finding) {
		return func(f *finding.Finding) { f.Fields[name] = finding.Value{Text: text} }
	}
	tests := map[string]struct {
		by   Names
		f    finding.Finding
		same bool
	}{
		"the same parent":              {Names{"parent"}, other(func(*finding.Finding) {}), true},
		"another parent":               {Names{"parent"}, other(func(f *finding.Finding) { f.Parent.Text = "x" }), false},
		"another severity":             {Names{"parent"}, other(set(finding.Severity, "LOW")), true},
		"grouped by severity as well":  {Names{"parent", "severity"}, other(set(finding.Severity, "LOW")), false},
		"closed":                       {Names{"parent"}, other(func(f *finding.Finding) { f.Disposition = finding.Fixed }), true},
		"by itself":                    {Names{"uuid"}, other(func(*finding.Finding) {}), false},
		"what the one does not tell":   {Names{"parent", "asset_url"}, other(set(finding.AssetURL, "x")), false},
		"values change places":         {Names{"app_name", "platform"}, other(func(f *finding.Finding) { set(finding.AppName, "ANDROID")(f); set(finding.Platform, "MyBank")(f) }), false},
		"nothing that the rule groups": {Names{"asset_url", "policy"}, other(func(*finding.Finding) {}), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := compile(t, twoTrackers(grouped(tt.by...)))
			a, err := m.Route(richTarget())
			b, otherErr := m.Route(tt.f)
			if err != nil || otherErr != nil || (a.Group == b.Group) != tt.same {
				t.Errorf("%q and %q, %v, %v", a.Group, b.Group, err, otherErr)
			}
		})
	}
}

func TestAGroupHasANameOfItsOwnKind(t *testing.T) {
	f := richTarget()
	for what, by := range map[string]struct {
		names Names
		group bool
	}{"of nothing": {nil, false}, "an empty list": {Names{}, false}, "of what it does not tell": {Names{"policy_rule"}, false}, "of its parent": {Names{"parent"}, true}} {
		route, err := compile(t, twoTrackers(grouped(by.names...))).Route(f)
		if err != nil {
			t.Fatal(err)
		}
		digits, is := strings.CutPrefix(route.Group, "group/")
		if is != by.group || Grouped(route.Group) != by.group || !is && route.Group != f.Key.String() || is && len(digits) != 24 {
			t.Errorf("%s: %q", what, route.Group)
		}
	}
}

// A database remembers the names of groups: they must not change from one version to the next.
func TestTheNameOfAGroupNeverChanges(t *testing.T) {
	route, err := compile(t, twoTrackers(grouped("parent", "severity"))).Route(richTarget())
	if want := "group/9a3c485c4e164d692eec7ce3"; err != nil || route.Group != want {
		t.Errorf("got %q, %v, want %q", route.Group, err, want)
	}
}

func TestAGroupDependsOnNothingButItsDestinationAndItsValues(t *testing.T) {
	names := fieldList(func(f FieldDoc) bool { return f.Group && f.Name != "uuid" && f.Name != "kind" })
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 4, rapid.ID).Draw(t, "by")
		draw := func(label string) finding.Finding {
			f := richTarget()
			f.Key.UUID = rapid.SampledFrom([]string{"a", "b"}).Draw(t, label+" uuid")
			for _, name := range names {
				text := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, label+" "+name)
				f.Fields[finding.Field(name)] = finding.Value{Text: text}
				if name == "parent" {
					f.Parent.Text = text
				}
			}
			return f
		}
		a, b := draw("a"), draw("b")
		rule := grouped(by...)
		turned := grouped(slices.Concat(by[1:], by[:1])...)
		turned.Name, turned.Labels = "turned", []string{"x"}
		first, _ := Compile(twoTrackers(rule))
		second, _ := Compile(twoTrackers(turned))
		one, _ := first.Route(a)
		if again, _ := second.Route(a); again.Group != one.Group {
			t.Fatalf("%q by %v, %q by %v", one.Group, rule.GroupBy, again.Group, turned.GroupBy)
		}
		agree, empty := true, true
		for _, name := range by {
			agree = agree && fieldValue(a, name) == fieldValue(b, name)
			empty = empty && fieldValue(a, name) == ""
		}
		if other, _ := first.Route(b); (other.Group == one.Group) != (agree && !empty || a.Key == b.Key && agree) {
			t.Fatalf("%q and %q, agreeing %v, empty %v", one.Group, other.Group, agree, empty)
		}
		rule.Project = "OTHER"
		elsewhere, _ := Compile(twoTrackers(rule))
		if there, _ := elsewhere.Route(a); !empty && there.Group == one.Group {
			t.Fatalf("the same group at another destination: %q", there.Group)
		}
	})
}
