package config

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

// placed sees to it that every problem is told in one line and is in the file.
func placed(t *testing.T, data []byte, problems Problems) {
	t.Helper()
	lines := strings.Split(string(data), "\n")
	for _, p := range problems {
		switch {
		case p.Line < 0, p.Line > len(lines), p.Line == 0 && p.Column != 0, p.Text == "":
			t.Fatalf("odd problem %#v", p)
		case p.Line > 0 && (p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1):
			t.Fatalf("problem %#v, and the line is %q", p, lines[p.Line-1])
		}
		if said := p.String(); !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) || len(said) > 4<<10 {
			t.Fatalf("told as %q", said)
		}
	}
}

// FuzzParse looks for panics, positions outside the file, and trees that differ from what go-toml
// makes of the same text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "a = 1", "[a]\nb.c = 1\n[a.d]\n[[a.e]]\n[[a.e]]\nf = {g = [1, {h = 2}]}", "[[rule]]\nname='x'\nmatch = {kind=['a']}\n[rule.on.fixed]\n",
		"[jira.a]\nurl='https://x'\ntoken='0d93b1a6e2c84f57a1b8'\n", "[[server.token]]\nname='a'\nnot_after=2027-01-31\nvalue='x'", "\ufeffa=1\r\n",
		"a.b=1\n[a]\n", "[a.b]\n[a]\nb.c=1", "a=[]\n[[a]]", "a={}\n[a.b]", "x = 2027-02-30", "'' = 0x_1", "a = \"\\u0000\"", "[deliver]\nquiet_period='9d'",
		"\"a\\nb\\u001b\" = 1", "[jira.\"x\\u202e\\n\"]\nurl = 1", "[[rule]]\ntitle = \"{{.X\\n}}\"\nwhen = \"a\\n==\"", "[jira.a]\nurl = \"https://\\u001bx\"\n", "instance = \"a\\nb\"",
	} {
		f.Add([]byte(seed))
	}
	for _, name := range []string{"../../config.example.toml", "testdata/good/both.toml"} {
		data, err := os.ReadFile(name) //nolint:gosec // a file of this repository
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := Parse("x.toml", data, nowhere)
		if (c == nil) != problems.Fatal() {
			t.Errorf("a configuration: %t, but %v", c != nil, problems)
		}
		placed(t, data, problems)
		agrees(t, data)
	})
}

// FuzzNoSecretIsTold puts a token on a line of its own into any text: whatever is wrong with the file,
// nothing that is said of it tells the token.
func FuzzNoSecretIsTold(f *testing.F) {
	keys := []string{"token", "value", "jira.a.token", "github.'b'.token", "\"token\"", "  token  ", "tokens"}
	quotes := []string{`"`, `'`, `"""`, `'''`}
	for i, text := range []string{
		"[jira.a]\nurl='https://x'\n", "[[server.token]]\nname='a'\n", "[github.a]\n", "[[rule]]\n", "a = '''\n", "[jira.a]\ntoken = 'x'\n", "[jira]\n", "[jira.a\n", "= 1", "a = [\n",
	} {
		f.Add([]byte(text), uint8(i), uint8(i), []byte("b = 1\n"))
	}
	f.Fuzz(func(t *testing.T, before []byte, key, quote uint8, after []byte) {
		q := quotes[int(quote)%len(quotes)]
		line := fmt.Sprintf("\n%s = %s0d93b1a6e2c84f57-%s%s\n", keys[int(key)%len(keys)], q, canary, q)
		data := fmt.Appendf(nil, "%s%s%s", before, line, after)
		if elsewhere(data) {
			return
		}
		c, problems := Parse("x.toml", data, nowhere)
		placed(t, data, problems)
		told := fmt.Sprintf("%v %+v %#v", problems, c, c)
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(told+string(raw), canary) {
			t.Errorf("%q is told as %s", data, problems)
		}
	})
}

// elsewhere tells whether the token has become a part of a value that is no secret, or of a name.
func elsewhere(data []byte) bool {
	d := newFile("x.toml", data)
	return d.parse() && holds(d.root, "")
}

func holds(n *node, name string) bool {
	if strings.Contains(name, canary) || strings.Contains(n.text, canary) && !strings.Contains(name, "token") && name != "value" {
		return true
	}
	for name, member := range n.members {
		if holds(member, name) {
			return true
		}
	}
	for _, item := range n.items {
		if holds(item, name) {
			return true
		}
	}
	return false
}
