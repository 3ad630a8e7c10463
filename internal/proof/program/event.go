package program

import (
	"encoding/json"
	"fmt"
)

// Opened is the body of an event that opens a finding: of the product Mobile Secure, a target of its
// own parent. at is in Unix seconds.
func Opened(finding string, at int64) []byte { return Status("CREATED", finding, at) }

// Fixed is the body of an event that closes a finding.
func Fixed(finding string, at int64) []byte { return Status("FIXED", finding, at) }

// Status is the body of an event by which a finding gets a status: "CREATED", "FIXED", "RISK_ACCEPTED"...
// more are names and values of its attributes, such as "mobile_app_id" and [AppOfGitHub].
func Status(verb, finding string, at int64, more ...string) []byte {
	data := map[string]string{"id": finding, "security_finding_id": parent(finding)}
	for i := 0; i+1 < len(more); i += 2 {
		data[more[i]] = more[i+1]
	}
	return event("MOBILE_SECURE__FINDING_TARGET_"+verb, data, at)
}

// Note is the body of an event by which a note on the parent of a finding is written, "CREATED", or taken
// back, "DELETED". Its id is all of its text.
func Note(verb, finding, id string, at int64) []byte {
	return event("MOBILE_SECURE__FINDING_NOTE_"+verb,
		map[string]string{"id": id, "security_finding_id": parent(finding), "text": id}, at)
}

func parent(finding string) string { return "parent-of-" + finding }

func event(kind string, data map[string]string, at int64) []byte {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // strings
	}
	return fmt.Appendf(nil, `{"event":{"type":%q,"data":%s,"version":1},"time":%d}`, kind, text, at)
}
