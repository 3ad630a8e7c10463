package mapping

import (
	"regexp"
	"testing"

	"ticketd/internal/finding"
)

func TestMarkersAreStableAndDistinct(t *testing.T) {
	s := twoTrackers(jiraRule())
	m := compile(t, s)
	s.Instance = "other"
	other := compile(t, s)
	group := finding.Key{Kind: finding.Violation, UUID: "u"}.String()
	// A marker that changes would orphan every ticket of an installation: this value is for ever.
	const want = "dtw-b409934db0c768d99bf7febc"
	if got := m.Marker("corp", group, 1); got != want {
		t.Errorf("got %s", got)
	}
	if m.Marker("corp", group, 0) != want {
		t.Error("no generation is the first one")
	}
	markers := []string{want, other.Marker("corp", group, 1), m.Marker("hub", group, 1), m.Marker("corp", "violation/v", 1), m.Marker("corp", group, 2), m.Marker("corp", group, 3)}
	seen := make(map[string]bool)
	for _, marker := range markers {
		if seen[marker] || !regexp.MustCompile(`^dtw-[0-9a-f]{24}$`).MatchString(marker) {
			t.Errorf("%s is double or malformed", marker)
		}
		seen[marker] = true
	}
}

func TestCommentMarkersAreStableAndDistinct(t *testing.T) {
	const want = "dtc-27798addcadfefccd0548dc1"
	if got := CommentMarker("dtw-1", "note/1"); got != want {
		t.Errorf("got %s", got)
	}
	if CommentMarker("dtw-1", "note/2") == want || CommentMarker("dtw-2", "note/1") == want {
		t.Error("another operation has the same marker")
	}
}

func TestTheFingerprintChangesWithTheConfiguration(t *testing.T) {
	s := twoTrackers(jiraRule())
	s.Rules[0].Fields = map[string]any{"a": 1, "b": []any{"x"}, "c": nil}
	was := compile(t, s).Fingerprint()
	if compile(t, s).Fingerprint() != was {
		t.Error("the same Spec has two")
	}
	s.Rules[0].Fields["b"] = []any{"y"}
	if compile(t, s).Fingerprint() == was {
		t.Error("a changed Spec has the same")
	}
}
