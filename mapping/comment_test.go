package mapping

import (
	"testing"

	"ticketd/internal/finding"
)

// decided is the sample with what a person wrote along with the decision.
func decided(d finding.Disposition) finding.Finding {
	f := sampleViolation(d)
	f.Fields[finding.Explanation] = finding.Value{Text: "Rotated by the CDN;\naccepted by **platform**.", Stamp: f.Status}
	return f
}

func TestAStateCommentSaysWhatBecameOfTheFinding(t *testing.T) {
	superseded := decided(finding.Fixed)
	superseded.Fields[finding.Explanation] = finding.Value{Text: "old", Stamp: finding.Stamp{Time: 1}}
	timeless := seen(finding.Target, finding.Fixed, nil)
	timeless.Status.Time = 0
	tests := map[string]struct {
		f    finding.Finding
		want string
	}{
		"fixed":    {sampleViolation(finding.Fixed), "P Data Theorem reports this fixed on 27 January 2021, 07:37 UTC.\n"},
		"resolved": {sampleViolation(finding.Resolved), "P Data Theorem reports this resolved on 27 January 2021, 07:37 UTC.\n"},
		"open":     {decided(finding.Open), "P Data Theorem reports this open again on 27 January 2021, 07:37 UTC.\n"},
		"accepted": {sampleViolation(finding.RiskAccepted), "P The risk was accepted in Data Theorem on 27 January 2021, 07:37 UTC.\n"},
		"control": {decided(finding.CompensatingControl), "P This was closed in Data Theorem on 27 January 2021, 07:37 UTC because of a compensating control.\n" +
			"> Rotated by the CDN;⏎accepted by **platform**.\n"},
		"won't fix": {decided(finding.WontFix), "P This was marked “won't fix” in Data Theorem on 27 January 2021, 07:37 UTC.\n" +
			"> Rotated by the CDN;⏎accepted by **platform**.\n"},
		"superseded explanation": {superseded, "P Data Theorem reports this fixed on 27 January 2021, 07:37 UTC.\n"},
		"no time":                {timeless, "P Data Theorem reports this fixed.\n"},
		"a later disposition":    {sampleViolation("muted"), "P Data Theorem reports this muted on 27 January 2021, 07:37 UTC.\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := dump(view(t, jiraRule(), tt.f).StateComment(One(tt.f))); got != tt.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestAStateCommentTemplateIsUsedUnlessItSaysNothing(t *testing.T) {
	r := jiraRule()
	r.On = map[string]Outcome{
		"wont_fix":      {Comment: "**Closed** {{date \"2 Jan 2006\" .ChangedAt}}:\n> {{.Explanation}}"},
		"risk_accepted": {Comment: "{{if .Category}}x{{end}}"},
		"fixed":         {Comment: "{{if .AssetName}}{{slice .AssetName 5}}{{end}}"},
	}
	v := view(t, r, sampleViolation(finding.Open))
	short := sampleViolation(finding.Fixed)
	short.Fields[finding.AssetName] = finding.Value{Text: "a"}
	for want, f := range map[string]finding.Finding{
		"P *Closed* 27 Jan 2021:\n> Rotated by the CDN;⏎accepted by **platform**.\n": decided(finding.WontFix),
		"P The risk was accepted in Data Theorem on 27 January 2021, 07:37 UTC.\n":   sampleViolation(finding.RiskAccepted),
		"P ee.com.au\n": sampleViolation(finding.Fixed),
		"P Data Theorem reports this fixed on 27 January 2021, 07:37 UTC.\n": short,
	} {
		if got := dump(v.StateComment(One(f))); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
}

func TestANoteCommentNamesAuthorAndTime(t *testing.T) {
	v := view(t, jiraRule(), sampleTarget(finding.Open))
	at := finding.Stamp{Time: 1611733052}
	tests := map[string]struct {
		n    finding.Note
		want string
	}{
		"all":       {finding.Note{Text: "a\n\n# b", Author: "x@y.example", Created: "2021-01-27T07:37:32.000000+00:00", Stamp: at}, "P A note in Data Theorem by x@y.example, 27 January 2021, 07:37 UTC:\n> a⏎⏎# b\n"},
		"no author": {finding.Note{Text: "a", Stamp: at}, "P A note in Data Theorem, 27 January 2021, 07:37 UTC:\n> a\n"},
		"odd time":  {finding.Note{Text: "a", Created: "last\nweek"}, "P A note in Data Theorem, last week:\n> a\n"},
		"no text":   {finding.Note{Text: " \n", Author: "x"}, "P A note in Data Theorem by x:\n"},
		"text only": {finding.Note{Text: "a", Author: "\n"}, "P A note in Data Theorem:\n> a\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := dump(v.NoteComment(tt.n)); got != tt.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}
