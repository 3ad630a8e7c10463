package datatheorem

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/finding"
)

// checkSource sees to it that an event says what its body says, read by encoding/json into a tree.
func checkSource(t *testing.T, text, body []byte, d Decoded) {
	t.Helper()
	if sum := sha256.Sum256(body); d.Event.Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("digest %s", d.Event.Digest)
	}
	var tree struct {
		Event struct {
			Type string
			Data map[string]any
		}
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	said := leaves(tree.Event.Data)
	for what, name := range map[string]string{"uuid": d.Event.Key.UUID, "parent": d.Event.Parent} {
		if name != "" && !slices.Contains(said, name) {
			t.Errorf("the %s %q is nowhere in the body", what, name)
		}
	}
	for field, path := range d.Paths {
		if path == "event.type" {
			continue
		}
		want, ok := leaf(tree.Event.Data, strings.Split(strings.TrimPrefix(path, "event.data."), "."))
		if got := d.Event.Fields[field]; !ok || unmended(got) != unmended(want) {
			t.Errorf("%s is %q, and %s says %q", field, got, path, want)
		}
	}
}

// unmended leaves out what decoding mends or unescapes.
func unmended(s string) string {
	return strings.NewReplacer(`\r`, "", `\n`, "", `\t`, "", "\r", "", "\n", "", "\t", "", "\x00", "", "\uFFFD", "").Replace(s)
}

func leaf(tree any, path []string) (string, bool) {
	for _, name := range path {
		members, _ := tree.(map[string]any)
		tree = members[name]
	}
	all := leaves(tree)
	return strings.Join(all, ""), len(all) == 1
}

// leaves gives the texts, numbers and truth values of a tree as text.
func leaves(tree any) (all []string) {
	switch tree := tree.(type) {
	case map[string]any:
		for _, v := range tree {
			all = append(all, leaves(v)...)
		}
	case []any:
		for _, v := range tree {
			all = append(all, leaves(v)...)
		}
	case string:
		all = []string{tree}
	case json.Number:
		all = []string{tree.String()}
	case bool:
		all = []string{map[bool]string{true: "true", false: "false"}[tree]}
	}
	return all
}

func FuzzDecode(f *testing.F) {
	for _, name := range samples.Names() {
		f.Add(samples.Body(name))
	}
	for _, odd := range []string{"", "\ufeff", "\ufeff\ufeff{}", "null", `{"event":"x"}`, `{"event":{},"Event":{}}`, `{"event":{"type":"A__USER_B","version":9}}`,
		`{"event":{"type":"A__POLICY_VIOLATION_X","data":{"id":1,"status":"\ud800\u0000"}}}`, "{\"event\":{\"type\":\"\xff\"}}"} {
		f.Add([]byte(odd))
	}
	table := builtinTable(f)
	f.Fuzz(func(t *testing.T, sent []byte) {
		kept := slices.Clone(sent)
		d := table.Decode(sent, received())
		if !bytes.Equal(sent, kept) {
			t.Errorf("the body became %q", sent)
		}
		checkBody(t, kept, d)
		if again := table.Decode(kept, received()); !reflect.DeepEqual(d, again) {
			t.Errorf("decoded twice: %+v and %+v", d, again)
		}
	})
}

// places are all values and members of all samples: what a fuzzer would take long to find by itself.
type place struct {
	body []byte
	part part
}

func places() (all []place) {
	for _, name := range samples.Names() {
		s := dissect(samples.Body(name))
		for _, p := range slices.Concat(s.values, s.members) {
			all = append(all, place{s.text, p})
		}
	}
	return all
}

// spliced makes a body of a sample in which two places hold something else.
func spliced(all []place, at, then uint16, one, two []byte) []byte {
	p := all[int(at)%len(all)]
	body := splice(p.body, p.part, one)
	if s := bytes.TrimSpace(body); json.Valid(s) && len(two) > 0 {
		values := dissect(s).values
		body = splice(s, values[int(then)%len(values)], two)
	}
	return body
}

func FuzzSamples(f *testing.F) {
	all := places()
	for i, odd := range []string{"null", `"x"`, "1e400", `"uuid":"a","UUID":"b"`, `{"name":[null]}`, `"\ud800"`, `"current_status":"CLOSED_FIXED","x_status":"OPEN"`, "\"\xff\"",
		`"MOBILE_SECURE__FINDING_TARGET_CLOSED"`, `"CLOSED_COMPENSATING_CONTROL"`, "-1", "253370764800", `"time":1`} {
		f.Add(uint16(i*31), uint16(i*7), []byte(odd), []byte("null"))
	}
	table := builtinTable(f)
	f.Fuzz(func(t *testing.T, at, then uint16, one, two []byte) {
		body := spliced(all, at, then, one, two)
		d := table.Decode(body, received())
		checkBody(t, body, d)
		if d.Verdict == VerdictEvent {
			checkFolds(t, d.Event)
		}
	})
}

// checkFolds sees to it that an event folds alone, twice, and after it was stored.
func checkFolds(t *testing.T, e finding.Event) {
	t.Helper()
	f, n := finding.Fold(finding.Finding{}, e), finding.FoldNote(finding.Note{}, e)
	if again := finding.Fold(f, e); !reflect.DeepEqual(again, f) {
		t.Errorf("twice it is %+v, once %+v", again, f)
	}
	if again := finding.FoldNote(n, e); again != n {
		t.Errorf("twice it is %+v, once %+v", again, n)
	}
	if e.Class != finding.Status {
		return
	}
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var stored finding.Finding
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	for name, m := range stored.Data { // stored compact
		var compact bytes.Buffer
		if err := json.Compact(&compact, f.Data[name].JSON); err != nil || !equalJSON(m.JSON, compact.Bytes()) {
			t.Errorf("%s is stored as %s, not %s: %v", name, m.JSON, f.Data[name].JSON, err)
		}
	}
	stored.Data = f.Data
	if !reflect.DeepEqual(stored, f) {
		t.Errorf("stored it is %+v, not %+v", stored, f)
	}
}

func equalJSON(a, b []byte) bool {
	var x, y any
	for raw, into := range map[*any][]byte{&x: a, &y: b} {
		dec := json.NewDecoder(bytes.NewReader(into))
		dec.UseNumber()
		if dec.Decode(raw) != nil {
			return false
		}
	}
	return reflect.DeepEqual(x, y)
}
