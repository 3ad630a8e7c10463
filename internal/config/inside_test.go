package config

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestAByteOfAValueIsFoundInItsText(t *testing.T) {
	for _, tt := range []struct {
		raw   string
		value int // byte of the value, from 0
		want  int // offset in raw
	}{
		{`"abc"`, 0, 1},
		{`"abc"`, 2, 3},
		{`"abc"`, 3, 4}, // the end is the closing quote
		{`'a\n'`, 2, 3},
		{`"a\nb"`, 1, 2},
		{`"a\nb"`, 2, 4},
		{`"\u00e4b"`, 1, 1}, // inside ä
		{`"\u00e4b"`, 2, 7},
		{`"\U0001F600b"`, 4, 11},
		{`"\xe4b"`, 2, 5},
		{`"äb"`, 1, 1},
		{`'äb'`, 1, 1},
		{"\"\"\"\na\"\"\"", 0, 4},
		{"\"\"\"\r\na\"\"\"", 0, 5},
		{"'''\na'''", 0, 4},
		{"\"\"\"a\\\n  \n b\"\"\"", 1, 10},
		{`""""a"""`, 1, 4},
		{`''`, 0, 1},
		{`"abc"`, 99, 4},
		{`'abc'`, 99, 4},
	} {
		if got := inside(tt.raw, tt.value); got != tt.want {
			t.Errorf("byte %d of %s is at %d, want %d", tt.value, tt.raw, got, tt.want)
		}
	}
}

func TestAMistakeInsideATextIsPlacedThere(t *testing.T) {
	text := "title = '''\nä {{ .X }}'''\nbody = \"a\\tb {{ .Y }}\"\n"
	d := &document{}
	if !d.open(newFile("x.toml", []byte(text))) {
		t.Fatal(d.problems)
	}
	d.root = d.main().root
	d.add([]string{"title"}, len("ä {{ ")+1, Problem{Text: "x"})
	d.add([]string{"body"}, len("a\tb {{ ")+1, Problem{Text: "y"})
	want := "x.toml:2:6: error: title: x\nx.toml:3:17: error: body: y"
	if got := d.problems.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// FuzzInside asks go-toml: the text up to the place that is found must give the value up to the byte
// that was asked for, or to the character that the byte is a part of, and with what stands at the
// place it must give the byte as well.
func FuzzInside(f *testing.F) {
	for _, seed := range []string{
		`"abc"`, `'a\'`, `"a\n\u00e4\U0001F600\x41\e\\\""`, "\"\"\"\n\r\na\\\n  \r\n\t b\"\"\"", "'''\r\na''b'''", `"""""a"""""`, `"äöü€😀"`, "\"\"\"\\  \n\n x\"\"\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		file := newFile("x.toml", []byte("a = "+raw))
		if !file.parse() || len(file.problems) > 0 || len(file.root.names) != 1 {
			return
		}
		n := file.root.members["a"]
		if n == nil || n.kind != text {
			return
		}
		raw = string(file.data[n.from:n.to])
		_, end := content(raw)
		for i := range len(n.text) {
			at := inside(raw, i)
			if strings.HasSuffix(raw[:at], "\r") {
				continue // half a line break is no TOML
			}
			if before := valueOf(t, raw[:at]+raw[end:]); !strings.HasPrefix(n.text, before) || len(before) > i || len(before) < i-3 {
				t.Fatalf("byte %d of %q: before offset %d there is %q", i, raw, at, before)
			}
			if i+1 < len(n.text) {
				continue
			}
			if next := inside(raw, len(n.text)); next != end && valueOf(t, raw[:next]+raw[end:]) != n.text {
				t.Fatalf("the end of %q is at %d", raw, next)
			}
		}
	})
}

func valueOf(t *testing.T, raw string) string {
	t.Helper()
	var v struct{ A string }
	if err := toml.Unmarshal([]byte("a = "+raw), &v); err != nil {
		t.Fatalf("%q cuts an element: %v", raw, err)
	}
	return v.A
}
