package datatheorem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxDepth      = 64  // of nested objects and arrays; the guide's events have 5
	maxIdentifier = 128 // runes of a UUID, an id or a type
)

var errDepth = errors.New("nested deeper than 64 levels")

// object is a JSON object whose members are read on demand: a body is never turned into a tree,
// which would take 45 times its size (facts/reliability.md L8).
type object struct {
	members map[string]json.RawMessage
	nested  map[string]*object // already opened members, nil for what is no object
}

// parse reads a body strictly: one JSON object, no member twice, not even in another case, because
// two readers of such a body would see two different things. What is no Unicode becomes U+FFFD.
func parse(body []byte) (*object, error) {
	body = mend(bytes.TrimPrefix(body, []byte("\ufeff")))
	if !json.Valid(body) {
		return nil, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // 1e400 is a number, though no float64
	if err := walk(dec, 0); err != nil {
		return nil, err
	}
	top, ok := open(body)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return top, nil
}

func open(raw json.RawMessage) (*object, bool) {
	o := &object{nested: map[string]*object{}}
	if err := json.Unmarshal(raw, &o.members); err != nil || o.members == nil {
		return nil, false
	}
	return o, true
}

// walk reads one value and complains about depth and ambiguous members. The JSON is valid.
func walk(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	delim, composite := token.(json.Delim)
	if !composite {
		return nil
	}
	if depth == maxDepth {
		return errDepth
	}
	var seen map[string]struct{}
	if delim == '{' {
		seen = map[string]struct{}{}
	}
	for dec.More() {
		if delim == '{' {
			if err := member(dec, seen); err != nil {
				return err
			}
		}
		if err := walk(dec, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	return nil
}

// member reads the name of a member and complains when the object had it already.
func member(dec *json.Decoder, seen map[string]struct{}) error {
	token, err := dec.Token()
	if err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	name, _ := token.(string)
	folded := strings.ToLower(strings.ToUpper(name)) // both: ſ and the Kelvin sign fold one way only
	if _, twice := seen[folded]; twice {
		return errors.New("ambiguous: an object has the same member twice")
	}
	seen[folded] = struct{}{}
	return nil
}

// mend makes a copy of JSON text in which everything is Unicode that any database takes: broken
// UTF-8, escaped lone surrogates and escaped NULs are U+FFFD.
func mend(text []byte) []byte {
	text = bytes.ToValidUTF8(text, []byte(string(utf8.RuneError)))
	for rest := text; ; {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 {
			return text
		}
		rest = rest[at:]
		rest = rest[min(mendEscape(rest), len(rest)):]
	}
}

// mendEscape mends the escape at the beginning of text and gives its length, for a surrogate pair
// that of both.
func mendEscape(text []byte) int {
	r, ok := escaped(text)
	if !ok {
		return 2
	}
	if low, ok := escaped(text[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
		return 12
	}
	if r == 0 || utf16.IsSurrogate(r) {
		copy(text[2:], "fffd")
	}
	return 6
}

// escaped reads the escape \uXXXX at the beginning of text.
func escaped(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	r, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(r), err == nil
}

// raw gives the value at a path such as "affected_asset.name". A null is as good as nothing, because
// Data Theorem says that null members may be left out (facts/datatheorem.md 1), and so is "".
func (o *object) raw(path string) (json.RawMessage, bool) {
	head, rest, deeper := strings.Cut(path, ".")
	if deeper {
		inner, ok := o.object(head)
		if !ok {
			return nil, false
		}
		return inner.raw(rest)
	}
	value, ok := o.members[head]
	return value, ok && string(value) != "null" && string(value) != `""`
}

// object opens a member that is an object.
func (o *object) object(name string) (*object, bool) {
	inner, known := o.nested[name]
	if !known {
		inner, _ = open(o.members[name])
		o.nested[name] = inner
	}
	return inner, inner != nil
}

// has tells whether one of the paths leads to a value.
func (o *object) has(paths ...string) bool {
	for _, path := range paths {
		if _, ok := o.raw(path); ok {
			return true
		}
	}
	return false
}

// text gives a string, number or boolean as text; numbers as they were sent.
func (o *object) text(path string) (string, bool) {
	value, ok := o.raw(path)
	if !ok {
		return "", false
	}
	switch value[0] {
	case '{', '[':
		return "", false
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		return s, err == nil
	default:
		return string(value), true
	}
}

// first gives the first of the paths that leads to a text, and that path.
func (o *object) first(paths []string) (text, path string) {
	for _, path := range paths {
		if text, ok := o.text(path); ok {
			return text, path
		}
	}
	return "", ""
}

func (o *object) integer(path string) (int64, bool) {
	value, ok := o.raw(path)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}

// identifier gives the first of the paths that has a value, and insists that it can serve as a
// name: a short printable string, or a whole number.
func (o *object) identifier(paths ...string) (string, error) {
	for _, path := range paths {
		value, ok := o.raw(path)
		if !ok {
			continue
		}
		text, _ := o.text(path)
		if _, whole := o.integer(path); !whole && value[0] != '"' || !printable(text) {
			return "", fmt.Errorf("%s is not usable as a name", path)
		}
		return text, nil
	}
	return "", fmt.Errorf("no %s", strings.Join(paths, " or "))
}

func printable(text string) bool {
	return text != "" && strings.TrimSpace(text) == text &&
		utf8.RuneCountInString(text) <= maxIdentifier &&
		strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0
}

// present gives the members that are not null.
func (o *object) present() map[string]json.RawMessage {
	kept := make(map[string]json.RawMessage, len(o.members))
	for name, value := range o.members {
		if string(value) != "null" {
			kept[name] = value
		}
	}
	return kept
}
