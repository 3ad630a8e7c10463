package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONIsLaidOutByWhatFitsOnALine(t *testing.T) {
	long := strings.Repeat("x", layoutWidth)
	for raw, want := range map[string]string{
		`{"a": 1, "b": [true, null]}`:               `{"a":1,"b":[true,null]}`,
		`"` + long + `"`:                            `"` + long + `"`,
		`{"z":1,"a":{"b":"<` + long + `>","c":[]}}`: "{\n  \"z\": 1,\n  \"a\": {\n    \"b\": \"<" + long + ">\",\n    \"c\": []\n  }\n}",
		`[["` + long + `"],12345678901234567890]`:   "[\n  [\n    \"" + long + "\"\n  ],\n  12345678901234567890\n]",
		`{"a": `: `{"a": `,
	} {
		if got := layout([]byte(raw)); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func FuzzLayoutChangesNothingButSpace(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":"` + strings.Repeat("y", 200) + `"},1.50,"\u2028"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		var before, after any
		if err := json.Unmarshal(raw, &before); err != nil {
			return // a number beyond what Go holds
		}
		out := layout(raw)
		if err := json.Unmarshal([]byte(out), &after); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		x, _ := json.Marshal(before)
		y, _ := json.Marshal(after)
		if !bytes.Equal(x, y) {
			t.Errorf("%s became %s", raw, out)
		}
	})
}
