package explain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ticketd/internal/explain"
)

// drawn makes a body that decodes as often as not, whatever its texts are.
func drawn(kind uint8, uuid, parent, text, extra string) []byte {
	types := []string{opened, resolved, "API_SECURE__POLICY_VIOLATION_WONT_FIX", created, fixed, "MOBILE_SECURE__FINDING_TARGET_RISK_ACCEPTED",
		"MOBILE_SECURE__FINDING_TARGET_COMPENSATING_CONTROL", noted, denoted, "API_SECURE__NETWORK_SERVICE_DISCOVERED", text}
	data := map[string]any{
		"uuid": uuid, "id": uuid, "security_finding_id": parent, "text": text, "title": text, "description": text, "recommendation": text,
		"severity": extra, "relevance": "IMPORTANT", "portal_url": extra, "date_created": extra, "exception_explanation": text, "author_email": extra,
		"affected_asset": map[string]any{"name": text, "url": extra, "portal_url": "https://www.securetheorem.com/" + extra},
	}
	if json.Valid([]byte(extra)) {
		data["extra"] = json.RawMessage(extra)
	}
	raw, err := json.Marshal(map[string]any{"time": 1611733052, "event": map[string]any{"type": types[int(kind)%len(types)], "version": 1, "data": data}})
	if err != nil {
		panic(err)
	}
	return raw
}

// explained looks at what is true of the explanation of any body.
func explained(t *testing.T, e explain.Explanation) {
	t.Helper()
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
	if (e.Finding == nil) != (e.Event.Verdict != "event") || (e.Route == nil) != (e.Ticket == nil) || (e.Finding != nil && e.Route == nil) != (e.Unrouted != "") {
		t.Errorf("%+v", e)
	}
	if e.Ticket != nil && (e.Ticket.Error != "" || e.Ticket.Title == "" || strings.ContainsAny(e.Ticket.Title, "\n\r")) {
		t.Errorf("a ticket that cannot be written: %+v", e.Ticket)
	}
	if e.Closing != nil && e.Closing.Error != "" {
		t.Errorf("a closing that cannot be written: %+v", e.Closing)
	}
}

func FuzzEveryBodyIsExplained(f *testing.F) {
	for i, name := range []string{opened, resolved, created, noted, denoted, "SETUP_PROBE"} {
		f.Add(sample(name), uint8(i), "924f1fb0", "p-1", "{{.}} \x00\u202e", `{"a":1e400}`)
	}
	o := options(f, threeTeams)
	f.Fuzz(func(t *testing.T, first []byte, kind uint8, uuid, parent, text, extra string) {
		explained(t, explain.Events(o, [][]byte{first, drawn(kind, uuid, parent, text, extra)}))
	})
}

// A hundred rehearsals a second would be many, too few for a fuzz target.
func TestAHostileEventIsDelivered(t *testing.T) {
	o := options(t, threeTeams)
	for i, text := range []string{"Weak TLS", "", "\x00\x1b[2J\u202e", "@team #1 ![](https://e.example) [~admin] {adf}{}{adf}", strings.Repeat("ö😀 *", 1_000), "# h\n- **x**\n```",
		"\xff\ud7ff", "<!-- ticketd:end -->", "null", "a", "Weak TLS\n\n2", "{noformat}"} {
		extra := []string{"HIGH", "https://www.securetheorem.com/x", "2021-01-26", "[[[]]]", `{"a":1e400}`}[i%5]
		e := explain.Events(o, [][]byte{drawn(uint8(i), "../../x?y#z", "p-1", text, extra)})
		explained(t, e)
		if e.Route == nil {
			continue
		}
		rehearse(t, o, &e)
		if all := refused(e); len(all) > 0 || e.Rehearsal.State == "held" {
			t.Errorf("%q: the ticket is %s (%s), refused: %q", text, e.Rehearsal.State, e.Rehearsal.Reason, all)
		}
	}
}
