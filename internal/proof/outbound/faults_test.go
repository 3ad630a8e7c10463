package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// fault is a way to spoil an answer. A nil one does not fit the answer.
type fault struct {
	name  string
	spoil func(right *http.Response, body []byte) (*http.Response, error)
}

var errCut = errors.New("connection reset by peer")

// instead answers with a body, and perhaps a status, of its own.
func instead(name string, status int, header http.Header, body func() io.Reader) fault {
	return fault{name, func(right *http.Response, _ []byte) (*http.Response, error) {
		if status != 0 {
			right.StatusCode = status
		}
		maps.Copy(right.Header, header)
		right.Body = io.NopCloser(body())
		return right, nil
	}}
}

func text(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }

// silent are the answers that say nothing: whether the request had its effect is not to be known.
func silent() []fault {
	all := []fault{
		{"no answer", func(*http.Response, []byte) (*http.Response, error) { return nil, errCut }},
		instead("a page of a proxy", 502, http.Header{"Content-Type": {"text/html"}}, text("<html>")),
		instead("a page that should wait", 504, nil, text("")),
		instead("an error without end", 500, nil, func() io.Reader { return endless{} }),
		{"a byte a second", func(right *http.Response, body []byte) (*http.Response, error) {
			right.Body = &trickle{text: append(bytes.Repeat([]byte(" "), 60), body...)}
			return right, nil
		}},
	}
	return all
}

// unfit are successes that do not say what they must.
func unfit() []fault {
	var all []fault
	for _, body := range []string{"", " ", "{}", "null", "[]", "[null]", "[{}]", `"x"`, "0", "true", "{", "<html><title>Log in</title>", "\xff\xfe", "{}{}"} {
		all = append(all, instead(fmt.Sprintf("%q", body), 0, nil, text(body)))
	}
	return append(all, instead("a page with 200", 200, http.Header{"Content-Type": {"text/html"}}, text("<!DOCTYPE html><title>Log in</title>")))
}

// cuts gives the right answer up to a byte: as if it were all, or with the connection broken there.
func cuts(body []byte, every int) []fault {
	var all []fault
	for at := 0; at < len(body); at += every {
		all = append(all,
			instead(fmt.Sprintf("ends at byte %d", at), 0, nil, func() io.Reader { return bytes.NewReader(body[:at]) }),
			instead(fmt.Sprintf("breaks off at byte %d", at), 0, nil, func() io.Reader { return io.MultiReader(bytes.NewReader(body[:at]), broken{}) }))
	}
	return all
}

// redirects lead to every place with every code.
func redirects(home string) []fault {
	var all []fault
	for code := 300; code <= 308; code++ {
		for _, to := range []string{"https://evil.example/rest/api/3/issue/10001", "http://" + home + "/", "https://" + home + ":8443/", "https://" + home + "/elsewhere",
			"//evil.example/", "https://" + home + "@evil.example/", "ftp://x/", "%zz", "", "/repos/acme/app/issues/1", "https://evil.example/repositories/1/issues/1"} {
			all = append(all, instead(fmt.Sprintf("%d to %q", code, to), code, http.Header{"Location": {to}}, text(`{"message":"Moved"}`)))
		}
	}
	return all
}

// wrong are right answers in which one member is of another type, of another value, or missing.
func wrong(body []byte, every int) []fault {
	var all []fault
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil
	}
	for at := 0; at < len(places(value)); at += max(1, every/8) {
		for _, other := range []any{nil, "evil", 987654321, -1, 1.5, true, []any{}, map[string]any{}, "https://evil.example/rest/api/2/issue/7", strings.Repeat("9", 400)} {
			var copied any
			if json.Unmarshal(body, &copied) != nil {
				continue
			}
			place := places(copied)[at]
			place.set(other)
			changed, err := json.Marshal(copied)
			if err != nil {
				continue
			}
			all = append(all, instead(fmt.Sprintf("%s is %.40v", place.name, other), 0, nil, func() io.Reader { return bytes.NewReader(changed) }))
		}
	}
	return all
}

// place is a member or an item of a JSON value.
type place struct {
	name string
	set  func(any)
}

func places(value any) []place {
	var all []place
	inner := func(name string, v any, set func(any)) {
		all = append(all, place{name, set})
		for _, p := range places(v) {
			all = append(all, place{name + "." + p.name, p.set})
		}
	}
	switch v := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			inner(name, v[name], func(other any) { v[name] = other })
		}
	case []any:
		for i := range v {
			inner(fmt.Sprint(i), v[i], func(other any) { v[i] = other })
		}
	}
	return all
}

// labelled are right answers that say of themselves that they are something else, or lead on to
// another host.
func labelled(body []byte) []fault {
	right := func() io.Reader { return bytes.NewReader(body) }
	return []fault{
		instead("as a page", 0, http.Header{"Content-Type": {"text/html"}}, right),
		instead("of no type", 0, http.Header{"Content-Type": nil}, right),
		instead("more on another host", 0, http.Header{"Link": {`<https://evil.example/issues?page=2>; rel="next"`}, "Location": {"https://evil.example/"}}, right),
	}
}

// endless is a body without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// broken is a connection that ended.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// trickle gives a byte a second for as long as somebody listens.
type trickle struct {
	text []byte
	gone <-chan struct{}
}

func (s *trickle) Read(p []byte) (int, error) {
	select {
	case <-s.gone:
		return 0, errCut
	case <-time.After(time.Second):
	}
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	p[0], s.text = s.text[0], s.text[1:]
	return 1, nil
}

func (*trickle) Close() error { return nil }
