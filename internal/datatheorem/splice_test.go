package datatheorem

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/datatheorem/samples"
)

// A skeleton is where the parts of a JSON text are, found by a reader that shares nothing with parse.
type skeleton struct {
	text    []byte
	at      int
	values  []part
	members []part     // whole members, "name": value
	objects [][][]byte // the names of each object, as written
}

type part struct{ from, to int }

// dissect reads valid JSON.
func dissect(text []byte) *skeleton {
	s := &skeleton{text: text}
	s.value()
	return s
}

func (s *skeleton) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

func (s *skeleton) value() {
	s.space()
	from := s.at
	switch s.text[s.at] {
	case '{':
		s.object()
	case '[':
		s.elements(']', s.value)
	case '"':
		s.word()
	default:
		for s.at < len(s.text) && strings.IndexByte(" \t\r\n,]}", s.text[s.at]) < 0 {
			s.at++
		}
	}
	s.values = append(s.values, part{from, s.at})
}

func (s *skeleton) object() {
	var names [][]byte
	s.elements('}', func() {
		s.space()
		from := s.at
		names = append(names, s.word())
		s.space()
		s.at++ // the colon
		s.value()
		s.members = append(s.members, part{from, s.at})
	})
	s.objects = append(s.objects, names)
}

// elements reads what is between a bracket and its end, separated by commas.
func (s *skeleton) elements(end byte, one func()) {
	s.at++
	for s.space(); s.text[s.at] != end; s.space() {
		if s.text[s.at] == ',' {
			s.at++
		}
		one()
	}
	s.at++
}

func (s *skeleton) word() []byte {
	from := s.at
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
	return s.text[from:s.at]
}

// twice tells whether an object has a name twice, in whatever case.
func (s *skeleton) twice() bool {
	return slices.ContainsFunc(s.objects, func(names [][]byte) bool {
		read := make([]string, len(names))
		for i, raw := range names {
			if json.Unmarshal(raw, &read[i]) != nil {
				return false
			}
			if slices.ContainsFunc(read[:i], func(other string) bool { return strings.EqualFold(other, read[i]) }) {
				return true
			}
		}
		return false
	})
}

// splice gives the text with something else in the place of a part.
func splice(text []byte, p part, with []byte) []byte {
	return slices.Concat(text[:p.from], with, text[p.to:])
}

// oddities are JSON values that readers stumble over.
func oddities() map[string]string {
	return map[string]string{
		"null": "null", "nothing in it": `""`, "a word": `"text"`, "zero": "0", "a truth value": "true", "no elements": "[]", "no members": "{}",
		"a long text": `"` + strings.Repeat("x", 300) + `"`, "a number that no float holds": "1e400", "a number of 400 digits": strings.Repeat("9", 400),
		"a long fraction": "0." + strings.Repeat("0", 400) + "1", "minus zero": "-0", "an exponent": "1E+2",
		"half a character": `"\ud800"`, "halves the wrong way round": `"\udc00\ud800"`, "a NUL": `"\u0000"`, "no UTF-8": "\"\xff\xc3\"",
		"a coded surrogate": "\"\xed\xa0\x80\"", "a byte order mark": "\"\ufeff\"", "a direction mark": "\"\u202e\"", "an escape sequence": `"\u001b[2J"`,
		"a backslash": `"\\"`, "white space": `" \t\r\n "`,
		"depth 60": strings.Repeat("[", 60) + strings.Repeat("]", 60), "objects of depth 60": strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60),
		"many elements": "[" + strings.Repeat("0,", 300) + "0]", "nested nulls": `{"uuid":null,"id":[null],"name":{"name":null}}`,
	}
}

func TestAnOddValueInAnyPositionOfAnySampleIsTakenCalmly(t *testing.T) {
	table := builtinTable(t)
	odd := oddities()
	for _, name := range samples.Names() {
		sent := samples.Body(name)
		for _, p := range dissect(sent).values {
			for what, odd := range odd {
				body := splice(sent, p, []byte(odd))
				if d := table.Decode(body, received()); !checkBody(t, body, d) {
					t.Fatalf("%s with %s in place of %.60q: %+v", name, what, sent[p.from:p.to], d)
				}
			}
		}
	}
}

func TestADepthBeyondTheLimitInAnyPositionIsRefused(t *testing.T) {
	table := builtinTable(t)
	for _, name := range samples.Names() {
		sent := samples.Body(name)
		for _, p := range dissect(sent).values {
			for _, deep := range []string{strings.Repeat("[", 65) + strings.Repeat("]", 65), strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)} {
				if d := table.Decode(splice(sent, p, []byte(deep)), received()); d.Verdict != VerdictUnparsed {
					t.Fatalf("%s, deep in place of %.60q: %s", name, sent[p.from:p.to], d.Verdict)
				}
			}
		}
	}
}

func TestAMemberThatAnyObjectOfAnySampleHasTwiceMakesItAmbiguous(t *testing.T) {
	table := builtinTable(t)
	for _, name := range samples.Names() {
		sent := samples.Body(name)
		for _, p := range dissect(sent).members {
			member := string(sent[p.from:p.to])
			word, _, _ := strings.Cut(member[1:], `"`)
			for _, other := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:], `\u00` + hexOf(word[0]) + word[1:],
				strings.ReplaceAll(word, "s", "ſ"), strings.ReplaceAll(word, "k", "\u212a")} {
				for _, value := range []string{"null", `"evil"`, "{}"} {
					again := `"` + other + `":` + value
					for _, both := range []string{member + "," + again, again + "," + member} {
						d := table.Decode(splice(sent, p, []byte(both)), received())
						if d.Verdict != VerdictUnparsed || !strings.HasPrefix(d.Reason, "ambiguous") {
							t.Fatalf("%s with %s: %s (%s)", name, both, d.Verdict, d.Reason)
						}
					}
				}
			}
		}
	}
}

func hexOf(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// checkBody holds what is true of any body and what became of it.
func checkBody(t *testing.T, body []byte, d Decoded) bool {
	t.Helper()
	checkDecoded(t, d)
	text := bytes.TrimPrefix(body, []byte("\ufeff"))
	valid := json.Valid(text)
	switch {
	case d.Verdict == VerdictUnparsed:
	case !valid:
		t.Errorf("%s of what is no JSON", d.Verdict)
	case dissect(text).twice():
		t.Errorf("%s of an ambiguous body", d.Verdict)
	case d.Verdict == VerdictEvent:
		checkSource(t, text, body, d)
	}
	return !t.Failed()
}
