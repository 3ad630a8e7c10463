package outbound

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// secretLeast is the length below which a string is too common to be cut out of an answer.
const secretLeast = 8

const hidden = "[hidden]"

// secrets finds the credentials of a request in what came back. A proxy or a tracker gone bad may
// repeat them, and its words are logged, stored and shown.
type secrets struct {
	needles []string
	begins  [256]bool // what a needle, as it is or escaped, can begin with
}

// credentials gives the secrets that a request shows.
func credentials(r *http.Request) *secrets {
	s := new(secrets)
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.add(value)
	if _, password, ok := r.BasicAuth(); ok {
		s.add(password)
	}
	return s
}

// addUser adds the password of a proxy.
func (s *secrets) addUser(u *url.Userinfo) {
	if password, ok := u.Password(); ok { // u may be nil
		s.add(password)
		s.add(base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password)))
	}
}

// add takes a secret as it is, in hexadecimal and in base64, wherever in a base64 text it begins.
func (s *secrets) add(secret string) {
	secret = strings.TrimRight(secret, "=") // which base64 may do without
	if len(secret) < secretLeast {
		return
	}
	s.look(secret)
	inHex := hex.EncodeToString([]byte(secret))
	s.look(inHex)
	s.look(strings.ToUpper(inHex))
	for shift := range 3 {
		text := make([]byte, shift, shift+len(secret))
		text = append(text, secret...)
		from, to := (shift*8+5)/6, len(text)*8/6 // the characters that the secret alone makes
		s.look(base64.RawStdEncoding.EncodeToString(text)[from:to])
		s.look(base64.RawURLEncoding.EncodeToString(text)[from:to])
	}
}

func (s *secrets) look(needle string) {
	if slices.Contains(s.needles, needle) {
		return
	}
	s.needles = append(s.needles, needle)
	for _, b := range []byte{needle[0], '\\', '%', '&'} {
		s.begins[b] = true
	}
}

// cut gives the text without the secrets: itself where it holds none.
func cut[T ~string | ~[]byte](s *secrets, text T) T {
	var out []byte
	kept := 0
	for i := 0; i < len(text); {
		n := 0
		if s.begins[text[i]] {
			n = found(s, text[i:])
		}
		if n == 0 {
			i++
			continue
		}
		out = append(append(out, text[kept:i]...), hidden...)
		i += n
		kept = i
	}
	if out == nil {
		return text
	}
	return T(append(out, text[kept:]...))
}

// found gives how much of the beginning of a text is a secret.
func found[T ~string | ~[]byte](s *secrets, text T) int {
	var first [layers + 1]byte
	for depth := range first {
		first[depth], _ = character(text, depth)
	}
	for _, needle := range s.needles {
		if bytes.IndexByte(first[:], needle[0]) < 0 {
			continue
		}
		if n := spelt(text, needle); n > 0 {
			return n
		}
	}
	return 0
}

// spelt gives the length of a needle at the beginning of a text, whichever of its characters are
// escaped; 0 where it does not stand there.
func spelt[T ~string | ~[]byte](text T, needle string) int {
	at := 0
	for i := range len(needle) {
		width := 0
		for depth := layers; depth >= 0 && at < len(text) && width == 0; depth-- {
			if c, w := character(text[at:], depth); c == needle[i] {
				width = w
			}
		}
		if width == 0 {
			return 0
		}
		at += width
	}
	return at
}

const (
	layers        = 2 // of escapes, such as those of HTML in JSON
	longestEscape = len("&#x0041;")
)

// character reads one character of a text, through so many layers of escapes where there are any, and
// how long it is there.
func character[T ~string | ~[]byte](text T, depth int) (c byte, width int) {
	if depth == 0 {
		return text[0], 1
	}
	c, width = character(text, depth-1)
	if c != '\\' && c != '%' && c != '&' {
		return c, width
	}
	var outer [longestEscape]byte
	var ends [longestEscape]int
	n, at := 0, 0
	for at < len(text) && !complete(outer[:n]) {
		var w int
		outer[n], w = character(text[at:], depth-1)
		at += w
		ends[n] = at
		n++
	}
	if plain, used := unescaped(outer[:n]); used > 0 {
		return plain, ends[used-1]
	}
	return c, width
}

// complete tells whether an escape has come to its end, or is none.
func complete(text []byte) bool {
	switch n := len(text); {
	case n < 2:
		return false
	case text[0] == '\\' && text[1] == 'u':
		return n == 6
	case text[0] == '\\':
		return n == 2
	case text[0] == '%':
		return n == 3
	default:
		return n == longestEscape || text[n-1] == ';'
	}
}

// unescaped reads one escaped character of JSON, of a URL or of HTML; its width is 0 where there is
// none.
func unescaped(text []byte) (c byte, width int) {
	switch {
	case len(text) < 2:
	case text[0] == '%' && len(text) >= 3:
		return number(text[1:3], 16), 3
	case text[0] == '&':
		if end := bytes.IndexByte(text, ';'); end > 0 {
			return entity(text[1:end]), end + 1
		}
	case text[0] == '\\' && text[1] != 'u':
		return text[1], 2
	case text[0] == '\\' && len(text) >= 6:
		return number(text[2:6], 16), 6
	}
	return 0, 0
}

// entity gives the character that stands between & and ; in HTML.
func entity(name []byte) byte {
	switch {
	case len(name) > 2 && name[0] == '#' && name[1]|' ' == 'x':
		return number(name[2:], 16)
	case len(name) > 1 && name[0] == '#':
		return number(name[1:], 10)
	}
	switch string(name) {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	return 0
}

// number gives the character of a number, 0 for what is none or none of ASCII: no secret holds it.
func number(digits []byte, base int) byte {
	n := 0
	for _, d := range digits {
		v := bytes.IndexByte([]byte("0123456789abcdef"), d|' ')
		if d < '0' || v < 0 || v >= base {
			return 0
		}
		if n = n*base + v; n > 0x7f {
			return 0
		}
	}
	return byte(n)
}

func (s *secrets) hideInHeader(h http.Header) {
	for _, values := range h {
		for i := range values {
			values[i] = cut(s, values[i])
		}
	}
}

// hideIn gives the error itself unless its words hold a secret; then only the words are kept.
func (s *secrets) hideIn(err error) error {
	if text := err.Error(); cut(s, text) != text {
		return errors.New(cut(s, text))
	}
	return err
}
