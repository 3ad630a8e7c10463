package outbound_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketd/internal/outbound"
)

// spellings are ways in which an answer may repeat a text, by their names.
func spellings(s string) map[string]string {
	all := map[string]string{
		"as it is": s, "in hex": hex.EncodeToString([]byte(s)), "in HEX": strings.ToUpper(hex.EncodeToString([]byte(s))),
		"in a query": url.QueryEscape(s), "in a path": url.PathEscape(s), "slashes escaped": strings.ReplaceAll(s, "/", `\/`),
		"base64 at 0": base64.StdEncoding.EncodeToString([]byte(s)), "base64 at 1": base64.StdEncoding.EncodeToString([]byte("x" + s + "y")),
		"base64 at 2": base64.URLEncoding.EncodeToString([]byte("xx" + s + "y")), "a whole header": base64.StdEncoding.EncodeToString([]byte("Bearer " + s)),
	}
	for name, format := range map[string]string{"JSON": `\u%04x`, "percent": "%%%02X", "HTML": "&#%d;", "HTML, hex": "&#x%x;"} {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, format, c)
		}
		all[name] = b.String()
	}
	for _, name := range []string{"as it is", "JSON", "percent", "HTML, hex"} {
		quoted, _ := json.Marshal(all[name]) // a string is always JSON
		all[name+" in JSON"], all[name+" in a URL"] = string(quoted), url.QueryEscape(all[name])
	}
	return all
}

func TestACredentialIsCutOutOfEveryAnswerHoweverItIsSpelt(t *testing.T) {
	const token = `canary/token+of&some"length\==`
	for name, text := range spellings(token) {
		for _, status := range []int{200, 400, 500} {
			c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Echo", text)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "before "+text+" after")
			}, func(o *outbound.Options) {
				o.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil }
			})
			x, err := call(t, c, http.MethodPost, base)
			if err != nil {
				t.Fatal(err)
			}
			body, header := string(x.Body), x.Header.Get("X-Echo")
			if !strings.HasPrefix(body, "before ") || !strings.HasSuffix(body, " after") || !strings.Contains(body, "[hidden]") || !strings.Contains(header, "[hidden]") {
				t.Errorf("%s, %d: %q and %q", name, status, body, header)
			}
			if rest := len(body) - len("before [hidden] after"); rest > 24 { // the "=" that end it, and in base64 what stands around it
				t.Errorf("%s, %d: %d characters are left: %q", name, status, rest, body)
			}
		}
	}
}

func TestAnAnswerWithoutTheCredentialStaysAsItIs(t *testing.T) {
	const body = `{"a":"\u0063anary\/ 100% &amp; &#99; \\","b":"canar"}` + "\xff\\"
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, func(o *outbound.Options) {
		o.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "Bearer canary-token"); return nil }
	})
	if x, err := call(t, c, http.MethodGet, base); err != nil || string(x.Body) != body {
		t.Errorf("%q, %v", x.Body, err)
	}
}

func TestAPageOfARefusalIsCutAndStillTellsItsStatus(t *testing.T) {
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		for range 64 {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}, nil)
	x, err := call(t, c, http.MethodPost, base)
	if err != nil || x.Status != http.StatusUnauthorized || len(x.Body) != 1<<20 {
		t.Errorf("status %d, %d bytes, %v", x.Status, len(x.Body), err)
	}
}

// The whole of an answer is searched, in a tracker's own time: reading each escape anew would take
// minutes.
func TestAnAnswerFullOfEscapesCostsLittle(t *testing.T) {
	long(t)
	for _, escape := range []string{`\\`, "%5C", "&amp;", `\u0025`, "canary/"} {
		body := strings.Repeat(escape, outbound.DefaultMaxBody/8/len(escape))
		c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, func(o *outbound.Options) {
			o.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "Bearer canary/token"); return nil }
		})
		if x, err := call(t, c, http.MethodGet, base); err != nil || string(x.Body) != body {
			t.Errorf("%s: %d bytes, %v", escape, len(x.Body), err)
		}
	}
}
