package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

// unreachable gives the numbers of the rules that Compile warns of.
func unreachable(problems []Problem) []int {
	var out []int
	for _, p := range problems {
		if strings.HasPrefix(p.Text, "no finding comes to this rule") {
			n, _ := strconv.Atoi(p.Path[1])
			out = append(out, n)
		}
	}
	return out
}

func TestARuleThatAnEarlierOneCoversIsTold(t *testing.T) {
	path := func(p Patterns) Match { return Match{Path: map[string]Patterns{"a.b": p}} }
	name := func(p ...string) Match { return Match{AssetName: p} }
	tests := map[string]struct {
		earlier, later         Match
		earlierWhen, laterWhen string
		want                   bool
	}{
		"the same":                           {earlier: name("a"), later: name("a"), want: true},
		"in other letters":                   {earlier: name("A*"), later: name("a*"), want: true},
		"one of several":                     {earlier: name("a", "b"), later: name("b"), want: true},
		"more than the earlier":              {earlier: name("a"), later: name("a", "b")},
		"a text that a star takes":           {earlier: name("prod-*"), later: name("prod-eu"), want: true},
		"a star that a star takes":           {earlier: name("prod-*"), later: name("prod-*-eu"), want: true},
		"a star that takes more":             {earlier: name("prod-*-eu"), later: name("prod-*")},
		"a star at the other end":            {earlier: name("*a"), later: name("a*")},
		"stars around":                       {earlier: name("*b*"), later: name("a*b?c"), want: true},
		"a question mark is one":             {earlier: name("?"), later: name("a"), want: true},
		"a question mark is not none":        {earlier: name("?*"), later: name("*a*")}, // missed, not wrong
		"a star is no character":             {earlier: name("a?c"), later: name("a*c")},
		"a text may be empty":                {earlier: name("?*"), later: name("*")},
		"any value":                          {earlier: name("?*"), later: name("a"), want: true},
		"a question mark for a letter":       {earlier: name("ab"), later: name("a?")},
		"nothing asked of it":                {earlier: Match{}, later: name("a"), want: true},
		"another key":                        {earlier: Match{Title: Patterns{"a"}}, later: name("a")},
		"a further key":                      {earlier: name("a"), later: Match{AssetName: Patterns{"a"}, Title: Patterns{"b"}}, want: true},
		"a key less":                         {earlier: Match{AssetName: Patterns{"a"}, Title: Patterns{"b"}}, later: name("a")},
		"the same exclusion":                 {earlier: name("!a"), later: name("!a"), want: true},
		"an exclusion of more":               {earlier: name("!a*"), later: name("!a")},
		"an exclusion of less":               {earlier: name("!a"), later: name("!a*"), want: true},
		"an exclusion that does not concern": {earlier: name("!a"), later: name("b", "c"), want: true},
		"an exclusion that does":             {earlier: name("!a"), later: name("b", "a")},
		"an exclusion from a pattern":        {earlier: name("!a"), later: name("b*")}, // missed, not wrong
		"an exclusion of a path":             {earlier: path(Patterns{"!a"}), later: path(Patterns{"b"})},
		"a path":                             {earlier: path(Patterns{"a*"}), later: path(Patterns{"ab"}), want: true},
		"an earlier expression":              {earlier: name("a"), later: name("a"), earlierWhen: "true"},
		"a later expression":                 {earlier: name("a"), later: name("a"), laterWhen: "true", want: true},
		"the same expression":                {earlier: name("a"), later: name("a"), earlierWhen: " true", laterWhen: "true\n", want: true},
		"other expressions":                  {earlier: name("a"), later: name("a"), earlierWhen: "true", laterWhen: "not false"},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			s := twoTrackers(
				Rule{Name: "first", Tracker: "corp", Project: "SEC", Match: tt.earlier, When: tt.earlierWhen},
				Rule{Name: "second", Tracker: "corp", Project: "SEC", Match: tt.later, When: tt.laterWhen})
			_, problems := Compile(s)
			if got := unreachable(problems); (len(got) == 1) != tt.want {
				t.Errorf("got %+v", problems)
			}
		})
	}
}

func TestAShadowedRuleNamesTheOneBeforeIt(t *testing.T) {
	_, problems := Compile(twoTrackers(
		Rule{Name: "high", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"HIGH", "MEDIUM"}}},
		Rule{Name: "low", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"LOW"}}},
		Rule{Name: "late", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"medium"}, Kind: Patterns{"target"}}}))
	want := `warning: rule.2: no finding comes to this rule: "high" before it matches all that it does (move it above "high", or remove it)`
	if len(problems) != 1 || problem(problems[0]) != want {
		t.Errorf("got %+v", problems)
	}
}

func TestARuleWithAMistakeInItsMatchShadowsNothing(t *testing.T) {
	_, problems := Compile(twoTrackers(
		Rule{Name: "first", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{""}}},
		Rule{Name: "second", Tracker: "corp", Project: "SEC", Match: Match{Severity: Patterns{"LOW"}}}))
	if got := unreachable(problems); len(got) > 0 || len(problems) != 1 {
		t.Errorf("got %+v", problems)
	}
}

func drawPatterns(alphabet []string) *rapid.Generator[Patterns] {
	return rapid.Custom(func(t *rapid.T) Patterns {
		if rapid.Bool().Draw(t, "given") {
			return nil
		}
		one := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "", "!"}).Draw(t, "sign") +
				strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 4).Draw(t, "pieces"), "")
		})
		return rapid.SliceOfN(one, 1, 3).Draw(t, "patterns")
	})
}

// drawRouting draws rules that often cover each other.
func drawRouting(t *rapid.T) Rule {
	text := drawPatterns([]string{"a", "b", "*", "?"})
	return Rule{
		Tracker: "corp", Project: rapid.SampledFrom([]string{"AA", "BB", "CC"}).Draw(t, "project"),
		GroupBy: rapid.SampledFrom([]Names{nil, {"asset_name"}}).Draw(t, "group"),
		Match: Match{
			AssetName: text.Draw(t, "asset"), Kind: rapid.SampledFrom([]Patterns{nil, nil, {"target"}, {"!target"}}).Draw(t, "kind"),
			Path: map[string]Patterns{"x": text.Draw(t, "path")},
		},
		When: rapid.SampledFrom([]string{"", "", `asset_name contains "a"`, `"b" in paths("x")`}).Draw(t, "when"),
	}
}

func drawFinding(t *rapid.T) finding.Finding {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "B", "c"}), 0, 4).Draw(t, "letters"), "")
	})
	f := seen(rapid.SampledFrom([]finding.Kind{finding.Target, finding.Violation}).Draw(t, "kind"), finding.Open,
		map[finding.Field]string{finding.AssetName: text.Draw(t, "asset")})
	list, err := json.Marshal(rapid.SliceOfN(text, 0, 3).Draw(t, "list"))
	if err != nil {
		t.Fatal(err)
	}
	f.Data = map[string]finding.Member{"x": {JSON: list}}
	return f
}

func TestARuleThatIsToldToBeUnreachableNeverMatchesFirst(t *testing.T) {
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		s := twoTrackers(rapid.SliceOfN(rapid.Custom(drawRouting), 2, 5).Draw(t, "rules")...)
		m, problems := Compile(s)
		if m == nil {
			t.Fatalf("not compiled: %+v", problems)
		}
		dead := unreachable(problems)
		told += len(dead)
		for range 20 {
			r, err := m.Route(drawFinding(t))
			if i := slices.Index(m.Rules(), r.Rule); err == nil && slices.Contains(dead, i) {
				t.Fatalf("rule %d is told to be unreachable, and matched", i)
			}
		}
	})
	if told == 0 {
		t.Error("no rule was told to be unreachable: nothing was shown")
	}
}

func TestAPatternWithinAnotherMatchesNothingElse(t *testing.T) {
	pattern := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "é", "*", "?"}), 1, 6).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		narrow, wide := newGlob(pattern.Draw(t, "narrow")), newGlob(pattern.Draw(t, "wide"))
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "é"}), 0, 6).Draw(t, "text"), "")
		if narrow.within(wide) && narrow.matches(text) && !wide.matches(text) {
			t.Fatalf("%v is within %v, which does not match %q", narrow, wide, text)
		}
	})
}
