package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
	"ticketd/store"
)

// explained runs `ticketd explain` and gives what it prints.
func explained(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"explain"}, args...)
	if code := run(t.Context(), args, streams{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr}, nil); code != exitOK {
		t.Fatalf("ticketd %s ended with %d: %s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String()
}

// both gives what `ticketd explain` prints of an event as text and as JSON, explaining it once.
func both(t *testing.T, config, event, stdin string) (text, document string) {
	t.Helper()
	k := explainCommand{Events: []string{event}, Requests: true}
	k.Config = config
	var out bytes.Buffer
	p := &program{streams: streams{stdin: strings.NewReader(stdin), stdout: &out}}
	d, text, err := k.document(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	k.JSON = true
	if err := k.print(p.stdout, d, text); err != nil {
		t.Fatal(err)
	}
	return text, out.String()
}

func TestExplanationsOfEveryProductOnEveryTrackerLookAsTheGoldenFilesSay(t *testing.T) {
	for config, events := range map[string][]string{
		"jira-cloud":      {"api", "cloud", "mobile"},
		"jira-datacenter": {"api", "web"},
		"github":          {"api", "cloud", "mobile"},
	} {
		for _, event := range events {
			t.Run(config+" "+event, func(t *testing.T) {
				t.Parallel()
				text, document := both(t, "testdata/explain/"+config+".toml", "testdata/explain/"+event+".json", "")
				golden(t, filepath.Join("testdata", "explain", config+"-"+event+".txt"), text)
				golden(t, filepath.Join("testdata", "explain", config+"-"+event+".json"), document)
			})
		}
	}
}

func TestAFindingOfTheStoreIsExplainedWithTheOthersOfItsTicket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticketd.db")
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Apply(t.Context(), func(tx *store.Tx) error {
		id, err := tx.InsertTicket(t.Context(), store.Ticket{Group: "group/1", Rule: "mobile", Marker: "dtw-000000000000000000000001", State: store.TicketLive,
			Destination: ticket.Destination{Tracker: "security", Project: "MOB", IssueType: "Bug"}, Ref: ticket.Ref{ID: "7", Key: "MOB-7", Project: "MOB"}})
		for _, uuid := range []string{"one", "two", "three"} {
			f := finding.Finding{Key: finding.Key{Kind: finding.Target, UUID: uuid}, Disposition: finding.Open, Parent: finding.Value{Text: "parent"},
				Fields: map[finding.Field]finding.Value{finding.Product: {Text: "mobile_secure"}, finding.Severity: {Text: "HIGH"}}}
			err = errors.Join(err, tx.SaveFinding(t.Context(), store.Finding{Finding: f, Rule: "mobile", TicketID: id}))
		}
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	text := explained(t, "", "--config", "testdata/explain/jira-cloud.toml", "--store", path, "--finding", "two", "--want", "project=MOB,body=3 findings: 3 open")
	for _, part := range []string{"In the store it belongs to ticket 1, which it shares with 2 other findings:\n", "issue       MOB-7\n", "members     target/one, target/three, target/two\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if updateScripts() {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date (UPDATE_SCRIPTS=1 writes it anew); got:\n%s", name, got)
	}
}

// hostileText is of a finding whose every text tries to do something to a terminal or to pass for a line of
// ours.
const hostileText = "\x1b]0;owned\a\x1b[2J\r\nrule      everything\nPOST https://evil.example \u202etxt.exe \u009b31m <script> @channel"

func TestAHostileFindingIsShownAsTextOnly(t *testing.T) {
	raw, err := json.Marshal(map[string]any{"time": 1611058000, "event": map[string]any{"type": "API_SECURE__POLICY_VIOLATION_WONT_FIX", "version": 1,
		"data": map[string]any{"uuid": "v-1", "policy_violation_status": "WONT_FIX", "title": hostileText, "description": hostileText, "relevance": hostileText,
			"exception_explanation": hostileText, "affected_asset": map[string]any{"name": hostileText, "url": hostileText, "type": hostileText}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{"jira-cloud", "jira-datacenter", "github"} {
		text, document := both(t, "testdata/explain/"+config+".toml", "-", string(raw))
		for _, bad := range []string{"\x1b", "\a", "\r", "\u202e", "\u009b", "\nrule      everything", "\nPOST https://evil"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q is printed:\n%s", config, bad, text)
			}
		}
		if !strings.Contains(text, `\x1b]0;owned`) {
			t.Errorf("%s: the title is not shown:\n%s", config, text)
		}
		var d explainDocument
		if err := json.Unmarshal([]byte(document), &d); err != nil || d.Finding.Fields["title"] != hostileText {
			t.Errorf("%s: %v, title %q", config, err, d.Finding.Fields["title"])
		}
		for _, bad := range []string{"\x1b", "\a", "\r", "\u202e", "\u009b"} {
			if strings.Contains(document, bad) {
				t.Errorf("%s: %q is printed raw as JSON", config, bad)
			}
		}
	}
}

func TestNoSecretOfTheConfigurationIsPrintedByExplainOrTest(t *testing.T) {
	const canary = "canary-9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c"
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/explain/jira-cloud.toml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ticketd.toml")
	body, err := os.ReadFile("testdata/explain/api.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		file:                              strings.Replace(string(text), `token_file = "out-of-reach"`, `token = "`+canary+`"`, 1),
		filepath.Join(dir, "a.json"):      string(body),
		filepath.Join(dir, "a.want"):      "project = PAY\n",
		filepath.Join(dir, "secret-file"): canary,
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{"TICKETD_JIRA_SECURITY_TOKEN=" + canary}
	for _, args := range [][]string{
		{"explain", "--config", file, filepath.Join(dir, "a.json")},
		{"explain", "--config", file, "--json", filepath.Join(dir, "a.json")},
		{"explain", "--config", file, "--no-requests", "--want", "project=NO", filepath.Join(dir, "a.json")},
		{"test", "--config", file, "-v", dir},
		{"test", "--config", file, "-v", "--json", dir},
	} {
		var stdout, stderr bytes.Buffer
		run(t.Context(), args, streams{stdout: &stdout, stderr: &stderr}, environ)
		if all := stdout.String() + stderr.String(); strings.Contains(all, canary) || !strings.Contains(all, "PAY") {
			t.Errorf("ticketd %s prints %s", strings.Join(args, " "), all)
		}
	}
}
