package secrets

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// echo is what a hostile answer is made of.
type echo struct {
	credentials []string
	github      bool
	right       func() *httptest.ResponseRecorder // carries the request out
}

func (e echo) String() string { return strings.Join(e.credentials, " and ") }

// hostile is a way to repeat what was shown.
type hostile struct {
	name string
	give func(http.ResponseWriter, echo)
}

// complaint is an error body of the tracker's form that repeats a text wherever one can stand.
func (e echo) complaint(text string) string {
	errors := any(map[string]any{"summary": text, text: "is a field", "labels": []string{text}})
	if e.github {
		errors = []any{map[string]any{"resource": text, "field": text, "code": text, "message": text, "value": text}, text}
	}
	raw, err := json.Marshal(map[string]any{"errorMessages": []string{text, text}, "message": text, "errorMessage": text,
		"documentation_url": text, "error": text, "errors": errors})
	if err != nil {
		return text
	}
	return string(raw)
}

func refuse(status int) func(http.ResponseWriter, echo) {
	return func(w http.ResponseWriter, e echo) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, e.complaint(e.String())) // the client may have hung up
	}
}

// answers lists them all; foreign is the host that redirects lead to.
func answers(foreign string) []hostile {
	return []hostile{
		{"a refusal in the tracker's form", refuse(http.StatusBadRequest)},
		{"a refused credential", refuse(http.StatusUnauthorized)},
		{"a missing permission", func(w http.ResponseWriter, e echo) {
			for _, name := range []string{"X-Accepted-GitHub-Permissions", "X-Seraph-LoginReason", "X-Authentication-Denied-Reason"} {
				w.Header().Set(name, e.String())
			}
			w.Header().Set("X-GitHub-SSO", "required; url=https://"+url.PathEscape(e.credentials[0])+"/sso?"+e.credentials[0])
			refuse(http.StatusForbidden)(w, e)
		}},
		{"other spellings", spelt},
		{"headers with meaning", func(w http.ResponseWriter, e echo) {
			for _, name := range []string{"X-GitHub-Request-Id", "X-Arequestid", "Atl-Traceid", "Deprecation", "Sunset",
				"X-RateLimit-Reset", "Www-Authenticate", "Date", "Link", "Set-Cookie"} {
				w.Header().Set(name, e.String())
			}
			refuse(http.StatusInternalServerError)(w, e)
		}},
		{"a page with a right status", func(w http.ResponseWriter, e echo) {
			_, _ = fmt.Fprintf(w, "<html><title>%s</title>", e)
		}},
		{"a redirect", func(w http.ResponseWriter, e echo) {
			w.Header().Set("Location", "http://"+foreign+"/"+url.PathEscape(e.String())+"?"+url.QueryEscape(e.String()))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}},
		{"a redirect to a host of that name", func(w http.ResponseWriter, e echo) {
			w.Header().Set("Location", "https://"+e.credentials[len(e.credentials)-1]+"/")
			w.WriteHeader(http.StatusMovedPermanently)
		}},
		{"the right answer with other words", func(w http.ResponseWriter, e echo) { reworded(w, e, wordKeys()) }},
		{"the right answer with no other words", func(w http.ResponseWriter, e echo) { reworded(w, e, nil) }},
		{"no HTTP", func(w http.ResponseWriter, e echo) { raw(w, "HTTP/9.9 "+e.String()+"\r\n\r\n") }},
		{"a status line", func(w http.ResponseWriter, e echo) {
			raw(w, "HTTP/1.1 400 "+e.String()+"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnull")
		}},
		{"an answer that breaks off", func(w http.ResponseWriter, e echo) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\nConnection: close\r\n\r\n"+e.complaint(e.String()))
		}},
	}
}

// raw answers by hand.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write([]byte(text)) // the client may have hung up
	_ = conn.Close()
}

// spelt is a refusal with the credential in other spellings.
func spelt(w http.ResponseWriter, e echo) {
	text := e.String()
	var inJSON, inHTML strings.Builder
	for _, c := range []byte(text) {
		_, _ = fmt.Fprintf(&inJSON, `\u%04x`, c)
		_, _ = fmt.Fprintf(&inHTML, "&#x%x;", c)
	}
	spellings := strings.Join([]string{base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte("x" + text)),
		fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), url.QueryEscape(text), inHTML.String()}, " or ")
	w.WriteHeader(http.StatusUnprocessableEntity)
	_, _ = fmt.Fprint(w, strings.ReplaceAll(e.complaint(spellings+" HERE"), "HERE", inJSON.String()))
}

// wordKeys are members of answers that hold words for people.
func wordKeys() []string {
	return []string{"name", "displayName", "emailAddress", "summary", "title", "description", "body", "self", "url", "html_url",
		"state_reason", "status", "created_at", "reporter", "resolution", "slug"}
}

// reworded gives the right answer with the credential for its words: those of certain members, or all.
func reworded(w http.ResponseWriter, e echo, keys []string) {
	right := e.right()
	body := right.Body.Bytes()
	var value any
	if json.Unmarshal(body, &value) == nil {
		if changed, err := json.Marshal(reword(value, e.String(), keys)); err == nil {
			body = changed
		}
	}
	maps.Copy(w.Header(), right.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(right.Code)
	_, _ = w.Write(body) // the client may have hung up
}

func reword(value any, text string, keys []string) any {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if _, is := member.(string); is && keys != nil && !slices.Contains(keys, key) {
				continue
			}
			v[key] = reword(member, text, keys)
		}
	case []any:
		for i := range v {
			v[i] = reword(v[i], text, keys)
		}
	case string:
		return text
	}
	return value
}
