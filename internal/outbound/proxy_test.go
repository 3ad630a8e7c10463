package outbound_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// proxied gives a client that goes through a proxy of a password, to a host over http or https.
func proxied(t *testing.T, scheme, host string, proxy http.HandlerFunc, password string) (*http.Client, string) {
	t.Helper()
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	through := &url.URL{Scheme: "http", Host: server.Listener.Addr().String(), User: url.UserPassword("user", password)}
	return serve(t, nil, func(o *outbound.Options) {
		o.Base = &url.URL{Scheme: scheme, Host: host}
		o.Retries = 0
		o.Transport = &http.Transport{Proxy: http.ProxyURL(through), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the test's own
	})
}

// tunnel carries a connection through to where it is meant to go.
func tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	both.Go(func() { pass(there, here) })
	both.Go(func() { pass(here, there) })
	both.Wait()
}

// A password of a proxy is often a word, and this one stands in every second finding.
func TestAWordThatIsTheProxysPasswordStaysInTheAnswersOfATrackerBehindTLS(t *testing.T) {
	const body = `{"description":"a password in plain text","labels":["password"]}`
	tracker := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	t.Cleanup(tracker.Close)
	c, _ := proxied(t, "https", tracker.Listener.Addr().String(), tunnel, "password")
	x, err := call(t, c, http.MethodGet, tracker.URL)
	if err != nil || string(x.Body) != body {
		t.Errorf("%q, %v", x.Body, err)
	}
}

func TestThePasswordOfAProxyThatRepeatsItIsCutOut(t *testing.T) {
	const password = "proxy-canary"
	repeat := func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		text := password + " " + r.Header.Get("Proxy-Authorization")
		_, _ = io.WriteString(conn, "HTTP/1.1 407 "+text+"\r\nX-Echo: "+text+"\r\nConnection: close\r\n\r\n"+text)
		_ = conn.Close()
	}
	for scheme, told := range map[string]bool{"http": true, "https": false} {
		c, _ := proxied(t, scheme, "tracker.test", repeat, password)
		x, err := call(t, c, http.MethodPost, scheme+"://tracker.test/")
		if (err == nil) != told {
			t.Fatalf("%s: status %d, %v", scheme, x.Status, err)
		}
		text := string(x.Body) + x.Header.Get("X-Echo")
		if err != nil {
			text = err.Error()
			if e := x.Failure("create", err); e.Decision != ticket.Retry {
				t.Errorf("%s: %v, want retry: nothing came through to the tracker", scheme, e.Decision)
			}
		}
		if strings.Count(text, "[hidden]") < 2 || strings.Contains(text, password) || strings.Contains(text, "dXNlcjpwcm94eS1jYW5hcnk") {
			t.Errorf("%s: %q", scheme, text)
		}
	}
}
