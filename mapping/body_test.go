package mapping

import (
	"flag"
	"path/filepath"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

var update = flag.Bool("update", false, "write the golden files")

func TestTheDefaultBodyIsAsInTheGoldenFiles(t *testing.T) {
	hostile := sampleViolation(finding.Open)
	for _, name := range fieldNames() {
		hostile.Fields[name] = finding.Value{Text: "# a **b**\n\n[c](https://e.example) @here https://securetheorem.com@e.example/"}
	}
	previous := ticket.Ref{ID: "12", Key: "SEC-12", URL: "https://jira.example/browse/SEC-12"}
	tests := map[string]struct {
		f        finding.Finding
		previous ticket.Ref
	}{
		"violation":        {sampleViolation(finding.Open), ticket.Ref{}},
		"violation_again":  {sampleViolation(finding.Open), previous},
		"service":          {sampleService(), ticket.Ref{}},
		"target_little":    {sampleTarget(finding.Open), ticket.Ref{}},
		"target_rich":      {richTarget(), ticket.Ref{ID: "12", Key: "SEC-12"}},
		"nothing_but_uuid": {seen(finding.Violation, finding.Open, nil), ticket.Ref{}},
		"hostile":          {hostile, ticket.Ref{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := view(t, jiraRule(), tt.f).Draft(One(tt.f), "dtw-1", tt.previous)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("body", name+".txt"), dump(d.Body))
		})
	}
}

func TestTheDefaultBodyDoesNotChangeWithTheDisposition(t *testing.T) {
	v := view(t, jiraRule(), sampleViolation(finding.Open))
	want, err := v.Draft(One(sampleViolation(finding.Open)), "dtw-1", ticket.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range finding.Dispositions() {
		got, err := v.Draft(One(sampleViolation(d)), "dtw-1", ticket.Ref{})
		if err != nil || v.Digest(got) != v.Digest(want) {
			t.Errorf("%s: another body, %v", d, err)
		}
	}
}
