package mapping

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestEveryFindingGetsATitle(t *testing.T) {
	violation := func(fields map[finding.Field]string) finding.Finding {
		return seen(finding.Violation, finding.Open, fields)
	}
	tests := map[string]struct {
		f    finding.Finding
		want string
	}{
		"sample violation":          {sampleViolation(finding.Resolved), "The server leverages a certificate for SSL/TLS connections that will expire in less than the configured… · gumtree.com.au"},
		"service":                   {sampleService(), "Network service discovered: gumtree.com.au"},
		"service without a name":    {seen(finding.Service, finding.Open, map[finding.Field]string{finding.AssetURL: "https://a.example"}), "Network service discovered: https://a.example"},
		"target with little":        {sampleTarget(finding.Open), "Mobile Secure finding in app 13"},
		"target with all":           {richTarget(), "Private key in the app · MyBank"},
		"target without an app":     {seen(finding.Target, finding.Open, nil), "Mobile Secure finding 924f1fb0-ebaa-4dfd-9297-390c0df18b44"},
		"target of a named app":     {seen(finding.Target, finding.Open, map[finding.Field]string{finding.AppName: "MyBank"}), "Mobile Secure finding in MyBank"},
		"violation with rule title": {violation(map[finding.Field]string{finding.PolicyRuleTitle: "Weak TLS", finding.Description: "Long.", finding.AssetName: "a.example"}), "Weak TLS · a.example"},
		"asset already named":       {violation(map[finding.Field]string{finding.Description: "a.example is weak. Fix it.", finding.AssetName: "a.example"}), "a.example is weak"},
		"abbreviations":             {violation(map[finding.Field]string{finding.Description: "Use a cipher, e.g. aes-gcm or v1.2 of it, i.e. a good one! Then rest."}), "Use a cipher, e.g. aes-gcm or v1.2 of it, i.e. a good one!"},
		"question":                  {violation(map[finding.Field]string{finding.Description: "Is it\r\nsafe? No."}), "Is it safe?"},
		"nothing":                   {violation(nil), "Policy violation 924f1fb0-ebaa-4dfd-9297-390c0df18b44"},
		"controls and breaks":       {violation(map[finding.Field]string{finding.Title: "a\x00b\n\tc\u0085d"}), "a b c d"},
		"one long word":             {violation(map[finding.Field]string{finding.Title: strings.Repeat("é", 200)}), strings.Repeat("é", 109) + "…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := view(t, jiraRule(), tt.f).Draft(One(tt.f), "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Title != tt.want {
				t.Errorf("got %q", d.Title)
			}
		})
	}
}

func TestATitleIsOneShortLineWhateverIsSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.SampledFrom([]finding.Field{finding.Title, finding.Description, finding.AssetName, finding.AppName, finding.AppID}), rapid.String()).Draw(t, "fields")
		f := seen(rapid.SampledFrom([]finding.Kind{finding.Target, finding.Violation, finding.Service}).Draw(t, "kind"), finding.Open, fields)
		got := headline(f)
		if got == "" || strings.ContainsAny(got, "\r\n\t\x00\u2028\u2029\u0085") || utf8.RuneCountInString(got) > 2*maxHeadline+3 || !utf8.ValidString(got) {
			t.Fatalf("got %q", got)
		}
	})
}

func TestATitleTemplateGivesOneLine(t *testing.T) {
	f := richTarget()
	f.Fields[finding.Title] = finding.Value{Text: "A **b**\n\uE000x\uE001 [c](https://d)"}
	tests := map[string]string{
		`[{{.Severity}}] {{.Title}}`:                         "[HIGH] A **b** \uE000x\uE001 [c](https://d)",
		"\n {{.Platform | lower}}\n{{code .AppName}} ":       "android MyBank",
		`{{link "portal" .PortalURL}} {{trunc 3 .Severity}}`: "portal HIG",
		`{{if .PolicyRule}}x{{end}}`:                         "A **b** \uE000x\uE001 [c](https://d) · MyBank",
	}
	for text, want := range tests {
		r := jiraRule()
		r.Title = text
		d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
		if err != nil || d.Title != want {
			t.Errorf("%s: got %q, %v", text, d.Title, err)
		}
	}
}
