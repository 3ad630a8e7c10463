package explain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/internal/config"
	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/explain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const head = `
[[server.token]]
name = "data-theorem"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[jira.cloud]
url = "https://example.atlassian.net"
email = "ticketd@example.com"
token_file = "out-of-reach"

[jira.dc]
url = "https://jira.example.com/jira"
token_file = "out-of-reach"

[github.oss]
token_file = "out-of-reach"

[github.ghe]
url = "https://ghe.example.com"
app = { id = "Iv23example", installation = 7, private_key_file = "out-of-reach" }
`

// options are those of a configuration with four trackers, loaded without secrets.
func options(t testing.TB, rules string) explain.Options {
	t.Helper()
	c, problems := config.ParseWithoutSecrets("rules.toml", []byte(head+rules), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		t.Fatal(problems)
	}
	return explain.Options{Config: c, Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }, Version: "test"}
}

const everything = `
[[rule]]
name = "everything"
tracker = "cloud"
project = "SEC"
`

// sample is a body of Data Theorem's guide.
func sample(name string) []byte { return samples.Body(name) }

const (
	opened   = "API_SECURE__POLICY_VIOLATION_OPENED"
	resolved = "API_SECURE__POLICY_VIOLATION_RESOLVED"
	created  = "MOBILE_SECURE__FINDING_TARGET_CREATED"
	fixed    = "MOBILE_SECURE__FINDING_TARGET_FIXED"
	noted    = "MOBILE_SECURE__FINDING_NOTE_CREATED"
	denoted  = "MOBILE_SECURE__FINDING_NOTE_DELETED"
)

// body makes a status event of a violation. Data members are given as pairs.
func body(verb, status, uuid string, at int64, data ...string) []byte {
	members := map[string]string{"uuid": uuid, "policy_violation_status": status}
	for i := 0; i+1 < len(data); i += 2 {
		members[data[i]] = data[i+1]
	}
	raw, err := json.Marshal(map[string]any{"time": at, "event": map[string]any{
		"type": "API_SECURE__POLICY_VIOLATION_" + verb, "version": 1, "data": members}})
	if err != nil {
		panic(err)
	}
	return raw
}

func rehearsed(t *testing.T, o explain.Options, bodies ...[]byte) explain.Explanation {
	t.Helper()
	e := explain.Events(o, bodies)
	rehearse(t, o, &e)
	return e
}

func rehearse(t *testing.T, o explain.Options, e *explain.Explanation) {
	t.Helper()
	if err := e.Rehearse(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if e.Rehearsal == nil {
		t.Fatalf("nothing was rehearsed: %s", e.Unrouted)
	}
}

// writes gives what a part of a rehearsal writes, as "POST /path".
func writes(e explain.Explanation, because string) []string {
	var out []string
	for _, q := range e.Rehearsal.Requests {
		if q.For == because && q.Purpose == explain.Write {
			_, rest, _ := strings.Cut(q.URL, "://")
			_, path, _ := strings.Cut(rest, "/")
			out = append(out, q.Method+" /"+path)
		}
	}
	return out
}

// refused gives the requests that the practice tracker did not take.
func refused(e explain.Explanation) []string {
	var out []string
	for _, q := range e.Rehearsal.Requests {
		if q.Status >= 300 {
			out = append(out, fmt.Sprintf("%d %s %s %s", q.Status, q.Method, q.URL, q.Body))
		}
	}
	return out
}
