package jira

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheNamesThatAreNearAreThoseThatSomebodyMeant(t *testing.T) {
	names := []string{"Team", "Root cause", "Severity", "Story Points", "Epic Link", "Team"}
	for name, want := range map[string][]string{
		"Taem": {"Team"}, "team": {"Team"}, "Severty": {"Severity"}, "points": {"Story Points"}, "Colour": nil, "": nil, "The Epic Link": {"Epic Link"},
	} {
		if got := nearest(name, names); !slices.Equal(got, want) {
			t.Errorf("near to %q: %q, want %q", name, got, want)
		}
	}
}

func TestADistanceIsTheSameThereAndBackAndNoLongerThanTheWords(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abé")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || d > max(len([]rune(a)), len([]rune(b))) || (d == 0) != (a == b) {
			t.Errorf("distance of %q and %q: %d", a, b, d)
		}
	})
}
