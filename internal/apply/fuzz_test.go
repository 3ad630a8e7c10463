package apply_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"ticketd/internal/datatheorem/samples"
	"ticketd/store"
)

// made makes the body of an event whose texts are somebody's.
func made(kind uint8, uuid, parent, text, extra string) []byte {
	types := []string{opened, resolved, created, noteMade, "MOBILE_SECURE__FINDING_NOTE_DELETED", "API_SECURE__NETWORK_SERVICE_DISCOVERED", "MOBILE_SECURE__FINDING_TARGET_FIXED", text}
	data := map[string]any{"uuid": uuid, "security_finding_id": parent, "id": uuid, "text": text, "title": text, "description": extra, "author_email": extra, text: extra}
	if json.Valid([]byte(extra)) {
		data["extra"] = json.RawMessage(extra)
	}
	raw, err := json.Marshal(map[string]any{"time": len(extra), "event": map[string]any{"type": types[int(kind)%len(types)], "version": 1, "data": data}})
	if err != nil {
		panic(err)
	}
	return raw
}

// FuzzWhateverComesIsApplied takes bodies through a real store: each ends in a state with a reason, and
// what they add up to can be read again.
func FuzzWhateverComesIsApplied(f *testing.F) {
	for _, name := range samples.Names() {
		f.Add(samples.Body(name), uint8(len(name)), "u-1", "p-1", "Weak TLS", `{"a":[1e400]}`)
	}
	for i, odd := range []string{"", "\x00", "\xff", "\ud7ff\u202e", `"`, "'; DROP TABLE events; --", "\u2028", strings.Repeat("x", 200)} {
		f.Add([]byte(odd), uint8(i), "u"+odd, odd, odd, odd)
	}
	if _, err := os.Stat(memory); err == nil {
		f.Setenv("TMPDIR", memory) // a commit that waits for a disk lets few bodies through
	}
	b := newBench(f, everything)
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8, uuid, parent, text, extra string) {
		b.t = t
		came := map[int64][]byte{}
		for _, body := range [][]byte{raw, made(kind, uuid, parent, text, extra), made(kind/8, uuid, parent, text, extra)} {
			got, err := b.store.Accept(t.Context(), store.Incoming{Body: body, Source: "test", Received: noon})
			if err != nil {
				t.Fatal(err)
			}
			came[got.Seq] = body
		}
		if _, err := b.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		for seq, body := range came {
			b.settled(body, seq)
		}
	})
}

// memory is where Linux keeps files that no disk has to confirm.
const memory = "/dev/shm"

// settled sees to it that a body reached the end of its way and that all of it can be read.
func (b *bench) settled(body []byte, seq int64) {
	b.t.Helper()
	e := b.event(seq)
	switch e.State {
	case store.EventApplied:
		if strings.Contains(e.Type, "__FINDING_NOTE_") {
			break // the finding may be unknown
		}
		if _, err := b.store.FindTicket(b.t.Context(), e.Key.UUID); err != nil {
			b.t.Errorf("no ticket of %s: %v", e.Key, err)
		}
	case store.EventUnhandled, store.EventUnparsed:
		if e.Reason == "" {
			b.t.Errorf("%s without a reason", e.State)
		}
	case store.EventProbe, store.EventPersonal:
	case store.EventNew:
		b.t.Errorf("still new: %q", body)
	}
	if e.State == store.EventPersonal {
		body = nil
	}
	if !bytes.Equal(e.Body, body) {
		b.t.Errorf("kept as %q, came as %q", e.Body, body)
	}
}
