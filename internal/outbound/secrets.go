package outbound

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
)

// secretLeast is the length below which a string is too common to be cut out of an answer.
const secretLeast = 8

const hidden = "[hidden]"

// secrets are the forms of a request's credential. A proxy or a tracker gone bad may repeat it in a
// refusal, whose words are logged, stored and shown.
type secrets []string

func credentials(r *http.Request) secrets {
	var all secrets
	add := func(s string) {
		if len(s) >= secretLeast {
			all = append(all, s)
		}
	}
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	add(value)
	if _, password, ok := r.BasicAuth(); ok {
		add(password)
	}
	return all
}

func (s secrets) hide(text string) string {
	for _, one := range s {
		text = strings.ReplaceAll(text, one, hidden)
	}
	return text
}

func (s secrets) hideInBody(body []byte) []byte {
	for _, one := range s {
		body = bytes.ReplaceAll(body, []byte(one), []byte(hidden))
	}
	return body
}

func (s secrets) hideInHeader(h http.Header) {
	for _, values := range h {
		for i := range values {
			if text := s.hide(values[i]); text != values[i] {
				values[i] = text
			}
		}
	}
}

// hideIn gives the error itself unless its words hold a secret; then only the words are kept.
func (s secrets) hideIn(err error) error {
	if text := err.Error(); s.hide(text) != text {
		return errors.New(s.hide(text))
	}
	return err
}
