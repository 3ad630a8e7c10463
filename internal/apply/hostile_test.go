package apply_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// hostile draws a text of pieces that stores and parsers stumble over.
func hostile() *rapid.Generator[string] {
	pieces := rapid.OneOf(rapid.SampledFrom([]string{"", "u-1", "\x00", "\xff", "\ud7ff\u202e", `"`, `\u0000`, "'; DROP TABLE events; --", "\u2028", "null", "{}", "[[", "1e400", "/", strings.Repeat("x", 200)}), rapid.String())
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(pieces, 0, 3).Draw(t, "pieces"), "") })
}

// TestWhateverComesEndsInAState takes bodies through a real store: each ends in a state with a reason,
// and all of it can be read again. (As a fuzz target it would be slow: the whole of SQLite would be
// watched for coverage.)
func TestWhateverComesEndsInAState(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at once in it: left out under the race detector")
	}
	b := newBench(t, everything)
	rapid.Check(t, func(r *rapid.T) {
		draw := func(name string) string { return hostile().Draw(r, name) }
		came := map[int64][]byte{}
		for _, body := range [][]byte{[]byte(draw("raw")), made(rapid.Uint8().Draw(r, "kind"), draw("uuid"), draw("parent"), draw("text"), draw("extra"))} {
			got, err := b.store.Accept(t.Context(), store.Incoming{Body: body, Source: "test", Received: noon})
			if err != nil {
				r.Fatal(err)
			}
			came[got.Seq] = body
		}
		if _, err := b.Step(t.Context()); err != nil {
			r.Fatal(err)
		}
		for seq, body := range came {
			if wrong := settled(b.event(seq), body); wrong != "" {
				r.Fatalf("%q: %s", body, wrong)
			}
		}
	})
}

func TestEverySampleWithHostileTextsEndsInAState(t *testing.T) {
	b := newBench(t, everything)
	for i, name := range samples.Names() {
		body := made(uint8(i), "u\"\x00", "'; --", "\ud7ff\u202e\x00", `{"\u0000":"\ud800"}`)
		for _, body := range []string{sample(name), string(body)} {
			got, err := b.store.Accept(t.Context(), store.Incoming{Body: []byte(body), Source: "test", Received: noon})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			if wrong := settled(b.event(got.Seq), []byte(body)); wrong != "" {
				t.Errorf("%q: %s", body, wrong)
			}
		}
	}
}

// settled says what is wrong with an event at the end of its way, "" for nothing.
func settled(e store.Event, body []byte) string {
	switch e.State {
	case store.EventApplied:
		if e.Key.UUID == "" {
			return "applied to nothing"
		}
	case store.EventUnhandled, store.EventUnparsed:
		if e.Reason == "" {
			return string(e.State) + " without a reason"
		}
	case store.EventPersonal:
		body = nil // erased
	case store.EventProbe:
	case store.EventNew:
		return "still new"
	}
	if !bytes.Equal(e.Body, body) {
		return fmt.Sprintf("kept as %q", e.Body)
	}
	return ""
}
