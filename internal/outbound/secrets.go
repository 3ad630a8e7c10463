package outbound

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// credentials gives the secrets of a request: its own, and that of the proxy which it goes through.
func credentials(r *http.Request) *secrets {
	s := new(secrets)
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.add(value)
	if _, password, ok := r.BasicAuth(); ok {
		s.add(password)
	}
	if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
		s.addUser(proxy.User)
	}
	return s
}

func (s *secrets) addUser(u *url.Userinfo) {
	if password, ok := u.Password(); ok {
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
		n := found(s, text[i:])
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
	if !s.begins[text[0]] {
		return 0
	}
	for _, needle := range s.needles {
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
		if at == len(text) {
			return 0
		}
		c, width := unescaped(text[at:min(len(text), at+longestEscape)])
		switch {
		case width > 0 && c == needle[i]:
			at += width
		case text[at] == needle[i]:
			at++
		default:
			return 0
		}
	}
	return at
}

const longestEscape = len("&#x0041;")

// unescaped reads one escaped character of JSON, of a URL or of HTML; its width is 0 where there is
// none.
func unescaped[T ~string | ~[]byte](text T) (c byte, width int) {
	switch text[0] {
	case '\\':
		if len(text) >= 6 && text[1] == 'u' {
			return hexadecimal(string(text[2:6])), 6
		}
		if len(text) > 1 {
			return text[1], 2
		}
	case '%':
		if len(text) >= 3 {
			return hexadecimal(string(text[1:3])), 3
		}
	case '&':
		entity, _, ended := strings.Cut(string(text), ";")
		if plain := html.UnescapeString(entity + ";"); ended && len(plain) == 1 {
			return plain[0], len(entity) + 1
		}
	}
	return 0, 0
}

// hexadecimal gives the character of a number, 0 for what is none: no secret holds it.
func hexadecimal(digits string) byte {
	n, err := strconv.ParseUint(digits, 16, 8)
	if err != nil {
		return 0
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
