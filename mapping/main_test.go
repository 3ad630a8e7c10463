package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen makes a finding of a kind with attributes, as the newest of its events left it.
func seen(kind finding.Kind, d finding.Disposition, fields map[finding.Field]string) finding.Finding {
	return finding.Fold(finding.Finding{}, finding.Event{
		Digest: "d1", Class: finding.Status, Time: 1611733052, Disposition: d, Fields: fields,
		Key: finding.Key{Kind: kind, UUID: "924f1fb0-ebaa-4dfd-9297-390c0df18b44"},
	})
}

// sampleViolation is Data Theorem's own sample event, decoded.
func sampleViolation(d finding.Disposition) finding.Finding {
	return seen(finding.Violation, d, map[finding.Field]string{
		finding.Product:            "api_secure",
		finding.Description:        "The server leverages a certificate for SSL/TLS connections that will expire in less than the configured number of days.\n\nIf the SSL certificate is not renewed in time, clients including browsers and mobile applications will not allow\nconnecting to the server, and will instead display an error to the end-user stating that the connection is not secure.",
		finding.Recommendation:     "Deploy a new SSL/TLS certificate on the affected server.",
		finding.Relevance:          "IMPORTANT",
		finding.AssetName:          "gumtree.com.au",
		finding.AssetType:          "NETWORK_SERVICE",
		finding.AssetURL:           "https://gumtree.com.au",
		finding.AssetGroup:         "CA Business Unit",
		finding.AssetHostedOn:      "UNKNOWN",
		finding.AssetDiscoveredVia: "WEBSITE_CRAWLER",
		finding.AssetPortalURL:     "https://dev-acheron.appspot.com/api/network-services/ed1d9485-5672-4db0-81aa-f8e5c96ba750",
		finding.Policy:             "Data Theorem",
		finding.PolicyPortalURL:    "https://dev-acheron.appspot.com/api/policy/17e0e14d-e6f1-4b35-a5c0-976dbbf41436",
		finding.PolicyRule:         "471284cb-e96a-49e0-a729-674cfe18f506",
		finding.PolicyRuleType:     "5c3b1f37-8509-5c6e-abed-6ee9f3497c17",
		finding.PortalURL:          "https://dev-acheron.appspot.com/api/inspect/policy-violations/924f1fb0-ebaa-4dfd-9297-390c0df18b44",
		finding.DateCreated:        "2021-01-19T12:04:15.714371+00:00",
	})
}

func sampleService() finding.Finding {
	return seen(finding.Service, finding.Open, map[finding.Field]string{
		finding.Product:        "api_secure",
		finding.AssetName:      "gumtree.com.au",
		finding.AssetType:      "NETWORK_SERVICE",
		finding.AssetURL:       "https://gumtree.com.au",
		finding.AssetGroup:     "CA Business Unit",
		finding.AssetPortalURL: "https://www.securetheorem.com/api/network-services/ed1d9485",
		finding.PortalURL:      "https://www.securetheorem.com/api/network-services/ed1d9485",
	})
}

// sampleTarget is a target with as little as the REST API promises.
func sampleTarget(d finding.Disposition) finding.Finding {
	f := seen(finding.Target, d, map[finding.Field]string{
		finding.Product:     "mobile_secure",
		finding.AppID:       "13",
		finding.IssueTypeID: "6f1c5a0e-0000-4000-8000-0000000000a1",
		finding.PortalURL:   "https://www.securetheorem.com/mobile-secure/v2/security/6f1c5a0e",
	})
	f.Parent.Text = "6f1c5a0e-0000-4000-8000-0000000000f1"
	return f
}

// richTarget is a target with all that may be sent.
func richTarget() finding.Finding {
	f := sampleTarget(finding.Open)
	for name, text := range map[finding.Field]string{
		finding.Title:          "Private key in the app",
		finding.Description:    "A private key was found in the app.",
		finding.Severity:       "HIGH",
		finding.Priority:       "P1",
		finding.Category:       "CRYPTO",
		finding.AppName:        "MyBank",
		finding.Platform:       "ANDROID",
		finding.AdditionalInfo: "assets/key.pem",
	} {
		f.Fields[name] = finding.Value{Text: text, Stamp: f.Status}
	}
	return f
}

// twoTrackers is a Spec with a Jira and a GitHub tracker and one rule for each.
func twoTrackers(rules ...Rule) Spec {
	return Spec{
		Trackers:    map[string]Service{"corp": Jira, "hub": GitHub},
		PortalHosts: []string{"securetheorem.com"},
		Instance:    "test",
		Rules:       rules,
	}
}

func compile(t testing.TB, s Spec) *Mapping {
	t.Helper()
	m, problems := Compile(s)
	if m == nil {
		t.Fatalf("not compiled: %+v", problems)
	}
	return m
}

// view compiles one rule and looks at the finding through it.
func view(t testing.TB, r Rule, f finding.Finding) View {
	t.Helper()
	m := compile(t, twoTrackers(r))
	route, err := m.Route(f)
	if err != nil {
		t.Fatal("not routed")
	}
	return m.For(One(f), route.Destination, route.Rule)
}

func jiraRule() Rule { return Rule{Name: "all", Tracker: "corp", Project: "SEC"} }

func githubRule() Rule { return Rule{Name: "all", Tracker: "hub", Repository: "acme/app"} }

// dump shows a Doc so that its structure can be read: *strong*, `mono`, <text|url>.
func dump(doc ticket.Doc) string {
	var b strings.Builder
	for _, block := range doc {
		switch block.Kind {
		case ticket.Paragraph:
			fmt.Fprintf(&b, "P %s\n", line(block.Spans))
		case ticket.Heading:
			fmt.Fprintf(&b, "# %s\n", line(block.Spans))
		case ticket.Quote:
			fmt.Fprintf(&b, "> %s\n", line(block.Spans))
		case ticket.Code:
			fmt.Fprintf(&b, "C %s\n", strings.ReplaceAll(block.Text, "\n", "⏎"))
		case ticket.List:
			for _, item := range block.Items {
				fmt.Fprintf(&b, "- %s\n", line(item))
			}
		case ticket.Table:
			for i := 0; i+1 < len(block.Items); i += 2 {
				fmt.Fprintf(&b, "| %s | %s\n", line(block.Items[i]), line(block.Items[i+1]))
			}
		}
	}
	return b.String()
}

func line(spans []ticket.Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.Kind {
		case ticket.Plain:
			b.WriteString(s.Text)
		case ticket.Strong:
			b.WriteString("*" + s.Text + "*")
		case ticket.Mono:
			b.WriteString("`" + s.Text + "`")
		case ticket.Link:
			b.WriteString("<" + s.Text + "|" + s.URL + ">")
		}
	}
	return strings.ReplaceAll(b.String(), "\n", "⏎")
}

// rawFields are fields of JSON, sorted by name.
func rawFields(fields map[string]any) []ticket.Field {
	var out []ticket.Field
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, ticket.Field{Name: name, Type: ticket.JSONField, JSON: fields[name]})
	}
	return out
}
