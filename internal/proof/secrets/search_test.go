package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// searcher finds canaries.
type searcher struct{ needles []needle }

// needle is a part of a canary in one spelling.
type needle struct {
	canary string // its name
	text   []byte // in lower case where folded
	folded bool
}

// add has a text looked for under a name. Half of it is enough: what is told of an answer is cut.
func (s *searcher) add(name, text string) {
	for _, half := range []string{text[:len(text)/2], text[len(text)/2:]} {
		s.needles = append(s.needles, needle{name, []byte(strings.ToLower(half)), true},
			needle{name, []byte(hex.EncodeToString([]byte(half))), true})
		for shift := range 3 {
			padded := make([]byte, shift, shift+len(half))
			padded = append(padded, half...)
			from, to := (8*shift+5)/6, 8*len(padded)/6
			s.needles = append(s.needles, needle{name, []byte(base64.RawStdEncoding.EncodeToString(padded)[from:to]), false},
				needle{name, []byte(base64.RawURLEncoding.EncodeToString(padded)[from:to]), false})
		}
	}
}

// places is how many canaries there are.
func (s *searcher) places() int {
	names := map[string]bool{}
	for _, n := range s.needles {
		names[n.canary] = true
	}
	return len(names)
}

// sighting is a canary where it must not be.
type sighting struct {
	canary string
	around []byte // the text that it stands in, with so many layers of escapes taken away as it took
}

// find gives the canaries in a text, each once, whichever way their characters are escaped, twice
// over: an answer in JSON may be quoted in a log that is JSON.
func (s *searcher) find(text []byte) []sighting {
	var found []sighting
	seen := map[string]bool{}
	for range 3 {
		lower := bytes.ToLower(text)
		for _, n := range s.needles {
			in := text
			if n.folded {
				in = lower
			}
			if at := bytes.Index(in, n.text); at >= 0 && !seen[n.canary] {
				seen[n.canary] = true
				found = append(found, sighting{n.canary, in[max(0, at-300):min(len(in), at+100)]})
			}
		}
		text = plain(text)
	}
	return found
}

// absent fails the test for every canary in a text.
func (s *searcher) absent(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, one := range s.find(text) {
		t.Errorf("the canary of %s is in %s: %q", one.canary, where, one.around)
	}
}

var (
	inJSON = regexp.MustCompile(`\\u00[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\.`)
	inURL  = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
)

// plain takes away one layer of the escapes of JSON, URLs and HTML.
func plain(text []byte) []byte {
	decode := func(escape []byte) []byte {
		if len(escape) == 2 {
			return escape[1:]
		}
		n, err := strconv.ParseUint(string(escape[len(escape)-2:]), 16, 8)
		if err != nil {
			return escape
		}
		return []byte{byte(n)}
	}
	text = inJSON.ReplaceAllFunc(text, decode)
	text = inURL.ReplaceAllFunc(text, decode)
	return []byte(html.UnescapeString(string(text)))
}

// What finds nothing proves nothing: a line as it would be written if no part of ticketd cut
// credentials out must be found, in every spelling.
func TestTheSearchFindsACanaryInALeakingLine(t *testing.T) {
	s := new(searcher)
	secret := canary("jira.cloud") + `+/&"=`
	s.add("jira.cloud", secret)
	quoted, err := json.Marshal(`{"errorMessages":["bad \"` + secret + `\""]}`)
	if err != nil {
		t.Fatal(err)
	}
	var numbered strings.Builder
	for _, c := range secret {
		fmt.Fprintf(&numbered, "&#%d;", c)
	}
	for name, leak := range map[string]string{
		"as it is":         secret,
		"in capitals":      strings.ToUpper(secret),
		"Basic":            base64.StdEncoding.EncodeToString([]byte("bot@example.com:" + secret)),
		"Basic in a URL":   url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("a:" + secret))),
		"hex":              fmt.Sprintf("%x", secret),
		"HEX":              fmt.Sprintf("%X", secret),
		"in a query":       url.QueryEscape(secret),
		"in a path, twice": url.PathEscape(url.PathEscape(secret)),
		"JSON in JSON":     string(quoted),
		"HTML":             numbered.String(),
		"half of it":       secret[:len(secret)/2],
		"the other half":   secret[len(secret)/2:],
	} {
		line := `{"level":"ERROR","msg":"call","error":"create: HTTP 400: ` + leak + `"}`
		if found := s.find([]byte(line)); len(found) != 1 {
			t.Errorf("%s: found %v in %s", name, found, line)
		}
	}
	if found := s.find([]byte(`{"level":"ERROR","msg":"call","error":"create: HTTP 400: [hidden]"}`)); len(found) != 0 {
		t.Errorf("found %v in a line without one", found)
	}
}
