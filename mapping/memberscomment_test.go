package mapping

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestAMembersCommentSaysWhatChanged(t *testing.T) {
	type states = map[string]finding.Disposition
	s := Several(certificates())
	v := groupView(t, s, asWritten)
	for name, tt := range map[string]struct {
		told, now states
		want      string
	}{
		"nothing": {states{"violation/a": finding.Open}, states{"violation/a": finding.Open}, ""},
		"new": {states{"violation/a": finding.Open}, states{"violation/a": finding.Open, "violation/d": finding.Open, "violation/b": finding.Fixed},
			"- *new* · <d.example|https://www.securetheorem.com/violation/d.example> · IMPORTANT\n" +
				"- *new, fixed* · <b.example|https://www.securetheorem.com/violation/b.example> · IMPORTANT\n" +
				"P Now 3 findings: 2 open, 1 fixed.\n"},
		"closed, opened again, decided otherwise": {
			states{"violation/a": finding.WontFix, "violation/b": finding.Open, "violation/c": finding.Open, "violation/d": finding.Fixed},
			states{"violation/a": finding.Open, "violation/b": finding.CompensatingControl, "violation/c": finding.RiskAccepted, "violation/d": finding.WontFix},
			"- *open again* · a.example · URGENT\n" +
				"- *closed by a compensating control* · <b.example|https://www.securetheorem.com/violation/b.example> · IMPORTANT\n" +
				"- *risk accepted* · <c.example|https://www.securetheorem.com/violation/c.example> · IMPORTANT\n" +
				"- *won’t fix* · <d.example|https://www.securetheorem.com/violation/d.example> · IMPORTANT\n" +
				"P Now 4 findings: 1 open, 1 risk accepted, 1 closed by a compensating control, 1 won’t fix.\n"},
		"left": {states{"violation/x": finding.Open, "violation/a": finding.Open}, states{"violation/a": finding.Open},
			"- *no longer here* · `violation/x`\nP Now 1 finding: 1 open.\n"},
		"all left": {states{"violation/x": finding.Open}, nil, "- *no longer here* · `violation/x`\n"},
	} {
		t.Run(name, func(t *testing.T) {
			want := tt.want
			if want != "" {
				want = "P The findings of this ticket changed in Data Theorem:\n" + want
			}
			if got := dump(v.MembersComment(s, tt.told, tt.now)); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestAMembersCommentIsTheSameEachTimeAndBounded(t *testing.T) {
	v := groupView(t, Several(certificates()), asWritten)
	rapid.Check(t, func(t *rapid.T) {
		states := rapid.MapOf(rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("violation/%d", rapid.IntRange(0, 300).Draw(t, "key")) }), rapid.SampledFrom(finding.Dispositions()))
		told, now := states.Draw(t, "told"), states.Draw(t, "now")
		changed := 0
		for key, d := range now {
			if before, known := told[key]; !known || before != d {
				changed++
			}
		}
		for key := range told {
			if _, still := now[key]; !still {
				changed++
			}
		}
		s := Several(certificates())
		doc := v.MembersComment(s, told, now)
		if again := v.MembersComment(s, told, now); dump(doc) != dump(again) {
			t.Fatal("not the same")
		}
		if changed == 0 {
			if doc != nil {
				t.Fatalf("nothing changed: %s", dump(doc))
			}
			return
		}
		if doc[1].Kind != ticket.List || len(doc[1].Items) != min(changed, maxListed+1) {
			t.Fatalf("%d changes, %d lines", changed, len(doc[1].Items))
		}
	})
}

func TestAMembersCommentOfManyChangesSaysHowManyItHides(t *testing.T) {
	now := make(map[string]finding.Disposition)
	for i := range maxListed + 5 {
		now[fmt.Sprintf("violation/%03d", i)] = finding.Open
	}
	s := Several(certificates())
	items := groupView(t, s, asWritten).MembersComment(s, nil, now)[1].Items
	if got := line(items[len(items)-1]); len(items) != maxListed+1 || got != "… and 5 more changes" {
		t.Errorf("%d lines, the last %q", len(items), got)
	}
}
