package finding_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

// foldedMembers draws findings that events of few times and words made, each with its own key.
func foldedMembers(least int) *rapid.Generator[[]finding.Finding] {
	return rapid.Custom(func(t *rapid.T) []finding.Finding {
		var members []finding.Finding
		for i := range rapid.IntRange(least, 5).Draw(t, "members") {
			var f finding.Finding
			for n := range rapid.IntRange(1, 3).Draw(t, "events") {
				f = finding.Fold(f, finding.Event{
					Digest: fmt.Sprintf("%d-%d", i, n), Class: finding.Status,
					Time:        rapid.Int64Range(1, 4).Draw(t, "time"),
					Key:         finding.Key{Kind: finding.Target, UUID: fmt.Sprint(i)},
					Parent:      rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "parent"),
					Disposition: rapid.SampledFrom(finding.Dispositions()).Draw(t, "disposition"),
					Fields: rapid.MapOf(
						rapid.SampledFrom([]finding.Field{finding.Title, finding.Severity, finding.Relevance, finding.Priority, finding.Explanation}),
						rapid.SampledFrom([]string{"HIGH", "LOW", "P1", "odd"}),
					).Draw(t, "fields"),
					Data: rapid.MapOf(rapid.SampledFrom([]string{"a", "b"}), rapid.SampledFrom([]json.RawMessage{json.RawMessage("1"), json.RawMessage("2")})).Draw(t, "data"),
				})
			}
			members = append(members, f)
		}
		return members
	})
}

func TestMergingDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := foldedMembers(1).Draw(t, "findings")
		want := finding.Merge(members)
		order := rapid.Permutation(members).Draw(t, "order")
		kept := slices.Clone(order)
		if got := finding.Merge(order); !sameMerge(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if !reflect.DeepEqual(order, kept) {
			t.Fatal("the findings themselves were changed")
		}
	})
}

// sameMerge compares what a merge says. Of a text on which all agree it does not matter whose stamp
// it carries, except of an explanation, which must be of the decision it came with.
func sameMerge(a, b finding.Finding) bool {
	return reflect.DeepEqual(a, b) && a.Decided() == b.Decided()
}

func TestMergingOneFindingGivesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := foldedMembers(1).Draw(t, "findings")[0]
		if got := finding.Merge([]finding.Finding{f}); !reflect.DeepEqual(got, f) {
			t.Fatalf("got %+v", got)
		}
	})
	if got := finding.Merge(nil); !reflect.DeepEqual(got, finding.Finding{}) {
		t.Errorf("none: got %+v", got)
	}
}

func TestAMergeIsOpenAsLongAsOneMemberIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := foldedMembers(1).Draw(t, "findings")
		open := slices.ContainsFunc(members, func(f finding.Finding) bool { return !f.Disposition.Closed() })
		got := finding.Merge(members)
		if open == got.Disposition.Closed() {
			t.Fatalf("open %v, merged to %s", open, got.Disposition)
		}
		last := slices.MaxFunc(members, func(a, b finding.Finding) int { return a.Status.Compare(b.Status) })
		if !open && (got.Disposition != last.Disposition || got.Decided() != last.Decided()) {
			t.Fatalf("%s with %q, the last %s with %q", got.Disposition, got.Decided(), last.Disposition, last.Decided())
		}
	})
}

func TestAMergeTellsOnlyWhatAllAgreeOnAndTheWorst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := foldedMembers(2).Draw(t, "findings")
		got := finding.Merge(members)
		for _, f := range members {
			if v := got.Get(finding.Title); v != "" && v != f.Get(finding.Title) {
				t.Fatalf("title %q, of one %q", v, f.Get(finding.Title))
			}
			if v := got.Parent.Text; v != "" && v != f.Parent.Text {
				t.Fatalf("parent %q, of one %q", v, f.Parent.Text)
			}
			for name, m := range got.Data {
				if string(m.JSON) != string(f.Data[name].JSON) {
					t.Fatalf("%s: %s, of one %s", name, m.JSON, f.Data[name].JSON)
				}
			}
			if !f.Disposition.Closed() && f.Get(finding.Severity) == "HIGH" && got.Get(finding.Severity) != "HIGH" {
				t.Fatalf("an open member is HIGH, merged %q", got.Get(finding.Severity))
			}
		}
	})
}

func TestFindingsAreOrderedByWeight(t *testing.T) {
	weighing := func(severity, relevance, priority string) finding.Finding {
		return finding.Finding{Fields: map[finding.Field]finding.Value{
			finding.Severity: {Text: severity}, finding.Relevance: {Text: relevance}, finding.Priority: {Text: priority}}}
	}
	want := []finding.Finding{
		weighing("HIGH", "", "P0"), weighing("HIGH", "", "P1"), weighing("LOW", "URGENT", ""), weighing("LOW", "", ""),
		weighing("odd", "", ""), weighing("", "IMPORTANT", ""), weighing("", "PROACTIVE", ""), weighing("", "", ""),
	}
	rapid.Check(t, func(t *rapid.T) {
		got := rapid.Permutation(want).Draw(t, "order")
		slices.SortFunc(got, finding.CompareWeight)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v", got)
		}
	})
}
