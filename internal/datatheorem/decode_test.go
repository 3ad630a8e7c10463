package datatheorem

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"ticketd/internal/finding"
)

// body makes a webhook body of a type and the members of event.data.
func body(name, data string) []byte {
	return fmt.Appendf(nil, `{"event":{"type":%q,"data":{%s},"version":1},"time":1611733052,"host":"securetheorem.com"}`, name, data)
}

const violation = `"uuid":"v-1","affected_asset":{"name":"example.com"}`

func TestTypesAreRecognisedByNameThenPatternThenStatus(t *testing.T) {
	for _, c := range []struct {
		name, data string
		kind       finding.Kind
		want       finding.Disposition
	}{
		{"WEB_SECURE__POLICY_VIOLATION_OPENED", violation, finding.Violation, finding.Open},
		{"CLOUD_SECURE__POLICY_VIOLATION_RESOLVED", violation, finding.Violation, finding.Resolved},
		{"TOMORROWS_PRODUCT__POLICY_VIOLATION_WONT_FIX", violation, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_CLOSED_WONT_FIX", violation, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_EXCEPTION_CREATED", violation, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_CLOSED_RISK_ACCEPTED", violation, finding.Violation, finding.RiskAccepted},
		{"API_SECURE__POLICY_VIOLATION_REOPENED", violation, finding.Violation, finding.Open},
		{"MOBILE_SECURE__FINDING_TARGET_CLOSED_RISK_ACCEPTED", `"id":7`, finding.Target, finding.RiskAccepted},
		{"MOBILE_SECURE__FINDING_TARGET_CLOSED_COMPENSATING_CONTROL", `"id":7`, finding.Target, finding.CompensatingControl},
		{"MOBILE_SECURE__SECURITY_FINDING_TARGET_CLOSED_FIXED", `"id":7`, finding.Target, finding.Fixed},
		{"CLOUD_SECURE__NETWORK_SERVICE_DISCOVERED", `"uuid":"s"`, finding.Service, finding.Open},

		{"API_SECURE__POLICY_VIOLATION_UPDATED", violation + `,"policy_violation_status":"RESOLVED"`, finding.Violation, finding.Resolved},
		{"API_SECURE__POLICY_VIOLATION_UPDATED", violation + `,"policy_violation_status":"open"`, finding.Violation, finding.Open},
		{"API_SECURE__POLICY_VIOLATION_CLOSED", violation + `,"policy_violation_status":"WONT_FIX"`, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_CLOSED", violation + `,"exception_explanation":"ours"`, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_UPDATED", violation + `,"policy_violation_status":"CLOSED","exception_date_created":"2021-01-26"`, finding.Violation, finding.WontFix},
		{"API_SECURE__POLICY_VIOLATION_EXCEPTION_REMOVED", violation + `,"policy_violation_status":"OPEN"`, finding.Violation, finding.Open},
		{"API_SECURE__POLICY_VIOLATION_UNRESOLVED", violation + `,"policy_violation_status":"OPEN"`, finding.Violation, finding.Open},
		{"MOBILE_SECURE__FINDING_TARGET_CLOSED", `"id":7,"current_status":"CLOSED_RISK_ACCEPTED","aggregated_status":"OPEN"`, finding.Target, finding.RiskAccepted},
		{"MOBILE_SECURE__FINDING_TARGET_STATUS_CHANGED", `"id":7,"new_status":"CLOSED_FIXED","previous_status":"OPEN"`, finding.Target, finding.Fixed},
		{"MOBILE_SECURE__FINDING_TARGET_STATUS_CHANGED", `"id":7,"target_state_status":"NEW"`, finding.Target, finding.Open},
	} {
		d := builtinTable(t).Decode(body(c.name, c.data), received())
		if d.Verdict != VerdictEvent || d.Event.Key.Kind != c.kind || d.Event.Disposition != c.want {
			t.Errorf("%s {%s}: %s %s %q (%s), want %s %q",
				c.name, c.data, d.Verdict, d.Event.Key.Kind, d.Event.Disposition, d.Reason, c.kind, c.want)
		}
	}
}

func TestWhatTheTableDoesNotKnowIsUnhandledAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		body []byte
		why  string
	}{
		{body("MOBILE_PROTECT__SOMETHING_HAPPENED", `"uuid":"x"`), "no entry"},
		{body("POLICY_VIOLATION_OPENED", violation), "no entry"}, // no product
		{body("API_SECURE__POLICY_VIOLATION_UPDATED", violation), "neither the type nor a status"},
		{body("API_SECURE__POLICY_VIOLATION_CLOSED", violation), "neither the type nor a status"},
		{body("API_SECURE__POLICY_VIOLATION_UPDATED", violation+`,"policy_violation_status":"DEFERRED"`), "is not known"},
		{body("MOBILE_SECURE__FINDING_TARGET_CHANGED", `"id":1,"a_status":"OPEN","b_status":"CLOSED_FIXED"`), "disagree"},
		{body("API_SECURE__POLICY_VIOLATION_COMMENT_ADDED", violation+`,"policy_violation_status":"OPEN"`), "ignore"},
		{[]byte(`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","data":{"uuid":"x"},"version":2}}`), "version"},
		{[]byte(`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","data":{"uuid":"x"},"version":{}}}`), "version"},
	} {
		d := builtinTable(t).Decode(c.body, received())
		if d.Verdict != VerdictUnhandled || !strings.Contains(d.Reason, c.why) || d.Type == "" {
			t.Errorf("%s: %s %q (%s), want unhandled because %q", c.body, d.Verdict, d.Reason, d.Type, c.why)
		}
	}
}

func TestUserEventsArePersonalWhateverTheyLookLike(t *testing.T) {
	wide := Entry{Type: "*", Class: "ignored"}
	for _, b := range []string{
		`{"event":{"type":"MOBILE_SECURE__USER_DELETED","data":{},"version":1}}`,
		`{"event":{"type":"TOMORROWS_PRODUCT__USER_PROMOTED","data":{},"version":1}}`,
		`{"event":{"type":"MOBILE_SECURE__USER_CREATED","version":2}}`,
		`{"event":{"type":"MOBILE_SECURE__USER_CREATED","data":"someone@example.com"}}`,
	} {
		if d := builtinTable(t, wide).Decode([]byte(b), received()); d.Verdict != VerdictPersonal {
			t.Errorf("%s: %s", b, d.Verdict)
		}
	}
}

func TestAmbiguousOrUnusableBodiesAreUnparsedAndSayWhy(t *testing.T) {
	nested := strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65)
	for _, c := range []struct{ body, why string }{
		{``, "not JSON"},
		{`{"event":`, "not JSON"},
		{`{"event":{}} {}`, "not JSON"},
		{`[]`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`{}`, "event is not an object"},
		{`{"event":null}`, "event is not an object"},
		{`{"event":5}`, "event is not an object"},
		{`{"event":"{}","time":1}`, "event is not an object"},
		{`{"event":{}}`, "no type"},
		{`{"event":{"type":{}}}`, "type is not usable"},
		{`{"event":{"type":"A\u202eB"}}`, "type is not usable"},
		{`{"a":` + nested + `}`, "deeper"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"a","uuid":"b"`)), "ambiguous"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"a","UUID":"b"`)), "ambiguous"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"a","x":[{"status":1,"ſtatus":2}]`)), "ambiguous"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uu\u0069d":"a","uuid":"b"`)), "ambiguous"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"name":"x"`)), "no uuid or id"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":null,"id":""`)), "no uuid or id"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":{},"id":"x"`)), "uuid is not usable"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":true`)), "uuid is not usable"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":1.5`)), "uuid is not usable"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"a\nb"`)), "uuid is not usable"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":" a"`)), "uuid is not usable"},
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"a\ud800"`)), "uuid is not usable"}, // or two would be one
		{string(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"`+strings.Repeat("x", 129)+`"`)), "uuid is not usable"},
		{string(body("MOBILE_SECURE__FINDING_TARGET_CREATED", `"id":1,"security_finding_id":[]`)), "parent"},
		{string(body("MOBILE_SECURE__FINDING_NOTE_CREATED", `"id":1,"text":"x"`)), "written on"},
		{string(body("MOBILE_SECURE__FINDING_NOTE_CREATED", `"security_finding_id":1`)), "neither an id nor a text"},
		{`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","data":[],"version":1}}`, "event.data is not an object"},
	} {
		d := builtinTable(t).Decode([]byte(c.body), received())
		if d.Verdict != VerdictUnparsed || !strings.Contains(d.Reason, c.why) {
			t.Errorf("%.120s: %s %q, want unparsed because %q", c.body, d.Verdict, d.Reason, c.why)
		}
	}
}

func TestOnlyTheGuidesShapeIsAProbe(t *testing.T) {
	for text, want := range map[string]Verdict{
		`{"event": "Hello, world!"}`:   VerdictProbe,
		` {"event":""} `:               VerdictProbe,
		"\ufeff" + `{"event":"x"}`:     VerdictProbe,
		`{"Event":"Hello, world!"}`:    VerdictUnparsed,
		`{"event":"x","other":1}`:      VerdictUnparsed,
		`{"event":["Hello, world!"]}`:  VerdictUnparsed,
		`"Hello, world!"`:              VerdictUnparsed,
		`{"event":{"type":"Hello"}}`:   VerdictUnhandled,
		`{"event":{"type":"__USER_"}}`: VerdictPersonal,
	} {
		if d := builtinTable(t).Decode([]byte(text), received()); d.Verdict != want {
			t.Errorf("%s: %s, want %s", text, d.Verdict, want)
		}
	}
}

func TestIdentifiersMayBeStringsOrNumbers(t *testing.T) {
	for data, want := range map[string]string{
		`"uuid":"924f1fb0-ebaa"`: "924f1fb0-ebaa",
		`"id":13`:                "13",
		`"id":9007199254740993`:  "9007199254740993", // a float64 would round it
		`"uuid":null,"id":"x"`:   "x",
		`"uuid":"a","id":"b"`:    "a",
		`"uuid":"","id":"b"`:     "b",
		`"uuid":"Ä b"`:           "Ä b",
	} {
		d := builtinTable(t).Decode(body("API_SECURE__POLICY_VIOLATION_OPENED", data), received())
		if d.Event.Key != (finding.Key{Kind: finding.Violation, UUID: want}) {
			t.Errorf("%s: %v (%s), want %s", data, d.Event.Key, d.Reason, want)
		}
	}
}

func TestATimeThatMakesNoSenseIsTheTimeOfReceipt(t *testing.T) {
	for text, want := range map[string]int64{
		`"time":1611733052`:    1611733052,
		`"time":1`:             1,
		`"time":253370764799`:  253370764799,
		`"time":253370764800`:  received().Unix(),
		`"time":1611733052000`: received().Unix(),
		`"time":0`:             received().Unix(),
		`"time":-5`:            received().Unix(),
		`"time":1e9`:           received().Unix(),
		`"time":1e400`:         received().Unix(),
		`"time":1611733052.5`:  received().Unix(),
		`"time":"1611733052"`:  received().Unix(),
		`"time":null`:          received().Unix(),
		`"time":{}`:            received().Unix(),
		`"times":1611733052`:   received().Unix(),
	} {
		b := `{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","data":{"uuid":"x"}},` + text + `}`
		d := builtinTable(t).Decode([]byte(b), received())
		if d.Verdict != VerdictEvent || d.Event.Time != want {
			t.Errorf("%s: %s, time %d, want %d", text, d.Verdict, d.Event.Time, want)
		}
		if untold := want == received().Unix(); untold != (d.Reason != "") {
			t.Errorf("%s: the reason is %q", text, d.Reason)
		}
	}
}

func TestTextsBecomeUnicodeThatAnyDatabaseTakes(t *testing.T) {
	for sent, want := range map[string]string{
		`a\ud800b`:             "a\ufffdb",
		`a\udc00\ud800b`:       "a\ufffd\ufffdb",
		`a\ud83d\ude00b`:       "a😀b",
		`a\ud83d\u0041b`:       "a\ufffdAb",
		`a\u0000b`:             "a\ufffdb",
		`a\\u0000b`:            `a\u0000b`,
		"a\xffb":               "a\ufffdb",
		"a\xed\xa0\x80b":       "a\ufffdb",
		`line\\n\\nline\\tend`: "line\n\nline\tend",
		`line\\r\\nline`:       "line\nline",
		`line\r\nline`:         "line\nline",
	} {
		d := builtinTable(t).Decode(body("API_SECURE__POLICY_VIOLATION_OPENED", `"uuid":"x","description":"`+sent+`"`), received())
		if got := d.Event.Fields[finding.Description]; got != want {
			t.Errorf("%q: %q, want %q (%s)", sent, got, want, d.Reason)
		}
		if raw := string(d.Event.Data["description"]); strings.Contains(strings.ReplaceAll(raw, `\\`, ""), `\u0000`) || strings.Contains(raw, "\xff") {
			t.Errorf("%q: the raw member still is %q", sent, raw)
		}
	}
}

func TestOnlyLongTextsAreUnescaped(t *testing.T) {
	d := builtinTable(t).Decode(body("API_SECURE__POLICY_VIOLATION_OPENED",
		`"uuid":"x","affected_asset":{"name":"C:\\new"}`), received())
	if got := d.Event.Fields[finding.AssetName]; got != `C:\new` {
		t.Errorf("%q", got)
	}
}

func TestNullMembersAreAsGoodAsAbsent(t *testing.T) {
	d := builtinTable(t).Decode(body("API_SECURE__POLICY_VIOLATION_OPENED",
		`"uuid":"x","title":null,"name":"from an alias","relevance":"","affected_asset":null`), received())
	if d.Event.Fields[finding.Title] != "from an alias" || d.Paths[finding.Title] != "event.data.name" {
		t.Errorf("title %q by %q", d.Event.Fields[finding.Title], d.Paths[finding.Title])
	}
	for _, name := range []finding.Field{finding.Relevance, finding.AssetName} {
		if _, there := d.Event.Fields[name]; there {
			t.Errorf("%s is there", name)
		}
	}
	if _, there := d.Event.Data["title"]; there {
		t.Error("the null member is in the data")
	}
}

func TestANoteIsNamedByItsIDOrElseByAllThatIsKnownOfIt(t *testing.T) {
	decode := func(name, data string) finding.Event {
		t.Helper()
		d := builtinTable(t).Decode(body(name, data), received())
		if d.Verdict != VerdictEvent {
			t.Fatalf("%s: %s", data, d.Reason)
		}
		return d.Event
	}
	const created, deleted = "MOBILE_SECURE__FINDING_NOTE_CREATED", "MOBILE_SECURE__FINDING_NOTE_DELETED"
	bare := `"security_finding_id":"f","text":"t","author_email":"a","date_created":"d"`
	a, b := decode(created, bare), decode(deleted, bare)
	if a.Note.ID != b.Note.ID || !strings.HasPrefix(a.Note.ID, "derived-") {
		t.Errorf("created %q, deleted %q", a.Note.ID, b.Note.ID)
	}
	for _, other := range []string{
		strings.Replace(bare, `"f"`, `"g"`, 1), strings.Replace(bare, `"t"`, `"u"`, 1),
		strings.Replace(bare, `"a"`, `"b"`, 1), strings.Replace(bare, `"d"`, `"e"`, 1),
	} {
		if decode(created, other).Note.ID == a.Note.ID {
			t.Errorf("%s is taken for %s", other, bare)
		}
	}
	if id := decode(deleted, `"security_finding_id":"f","id":12`).Note.ID; id != "12" {
		t.Errorf("a deletion with nothing but an id: %q", id)
	}
	n := decode(created, `"finding":{"uuid":"f"},"note":{"id":"n","text":"one\\ntwo","author":"a"}`)
	if n.Key.UUID != "f" || n.Note.ID != "n" || n.Note.Text != "one\ntwo" || n.Note.Author != "a" {
		t.Errorf("nested: %+v", n)
	}
}

func TestProductIsThePrefixOfTheType(t *testing.T) {
	d := builtinTable(t).Decode(body("WEB_SECURE__POLICY_VIOLATION_OPENED", violation), received())
	if got := d.Event.Fields[finding.Product]; got != "web_secure" {
		t.Errorf("%q", got)
	}
}

func TestDecodingDoesNotChangeTheBody(t *testing.T) {
	sent := []byte(`{"event":{"type":"API_SECURE__POLICY_VIOLATION_OPENED","data":{"uuid":"x","title":"\u0000\ud800"}}}`)
	kept := string(sent)
	builtinTable(t).Decode(sent, received())
	if string(sent) != kept {
		t.Errorf("now %s", sent)
	}
}

func TestAWideBodyIsReadWithoutATreeOfIt(t *testing.T) {
	wide := `"uuid":"x","x":[` + strings.Repeat(`{},`, 100_000) + `{}]`
	sent := body("API_SECURE__POLICY_VIOLATION_OPENED", wide)
	table := builtinTable(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := table.Decode(sent, received())
	runtime.ReadMemStats(&after)
	if d.Verdict != VerdictEvent {
		t.Fatal(d.Reason)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 20*uint64(len(sent)) {
		t.Errorf("%d bytes for a body of %d", taken, len(sent))
	}
}
