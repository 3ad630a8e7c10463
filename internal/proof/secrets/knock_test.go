package secrets

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post posts an event as the portal does, by the way that is named, and gives the whole answer.
func (w *world) post(t *testing.T, address, by string, body []byte) (int, []byte) {
	t.Helper()
	path, header := "/webhook", http.Header{}
	switch by {
	case "token":
		header.Set("Authorization", "Bearer "+w.token)
	case "environment":
		header.Set("Authorization", w.other)
	case "capability":
		path = "/hooks/" + w.capability
	}
	return send(t, http.MethodPost, "http://"+address+path, header, body)
}

func send(t *testing.T, method, address string, header http.Header, body []byte) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil // it may hang up on what it does not want
	}
	defer resp.Body.Close() // only read from
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, fmt.Appendf(text, "\n%s %v", resp.Status, resp.Header)
}

// knock shows the webhook's secrets at every wrong place and in every wrong way, and looks for them
// in the answers.
func (w *world) knock(t *testing.T, addresses ...string) {
	t.Helper()
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	right := header("Authorization", "Bearer "+w.token)
	for _, address := range addresses {
		for _, k := range []struct {
			method, path string
			header       http.Header
			body         int
		}{
			{"POST", "/webhook", header("Authorization", "Bearer "+w.token+"x"), 2},
			{"POST", "/webhook", header("Authorization", "Basic "+w.token), 2},
			{"POST", "/webhook", http.Header{"Authorization": {w.token, w.token}}, 2},
			{"POST", "/webhook", header("X-Token", w.token), 2},
			{"POST", "/webhook", header("Cookie", "token="+w.token), 2},
			{"POST", "/webhook?token=" + w.token, header("Referer", "http://a.test/"+w.capability), 2},
			{"POST", "/webhook/" + w.token, right, 2},
			{"GET", "/webhook", right, 0},
			{"POST", "/webhook", right, 2 << 20},
			{"POST", "/webhook", http.Header{"Authorization": right["Authorization"], "Content-Encoding": {w.token}, "Content-Type": {w.token}}, 2},
			{w.token, "/webhook", right, 2},
			{"GET", "/hooks/" + w.capability, nil, 0},
			{"POST", "/hooks/" + w.capability + "/", nil, 2},
			{"POST", "/hooks/" + w.capability[:len(w.capability)-1], nil, 2},
			{"POST", "/hooks/../hooks//" + w.capability, nil, 2},
			{"POST", "/HOOKS/" + w.capability, nil, 2},
			{"POST", "/hooks/" + w.capability + "?" + w.capability, nil, 2 << 20},
			{"GET", "/readyz?" + w.capability, header("Authorization", w.other), 0},
			{"GET", "/healthz/" + w.capability, nil, 0},
		} {
			status, answer := send(t, k.method, "http://"+address+k.path, k.header, bytes.Repeat([]byte(" "), k.body))
			if status == 0 && k.body <= 2 { // on the large ones it may hang up
				t.Errorf("no answer to %s with a secret at a wrong place", k.method)
			}
			w.absent(t, "the answer to "+k.method+" with a secret at a wrong place", answer)
		}
		for _, malformed := range []string{
			"POST /hooks/%[1]s HTTP/1.1\r\nHost: a b\r\n\r\n",
			"POST /hooks/%[1]s HTTP/9.9\r\n\r\n",
			"%[1]s\r\n\r\n",
			"POST /webhook HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %[1]s\x01\r\n\r\n",
			"POST /webhook HTTP/1.1\r\nHost: a\r\n%[1]s\r\n\r\n",
			"POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: %[1]s\r\n\r\n",
			"POST /hooks/%[1]s%%zz HTTP/1.1\r\nHost: a\r\n\r\n",
			"POST /hooks/%[1]s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%[1]s\r\n",
			"PRI * HTTP/2.0\r\n\r\n%[1]s",
		} {
			w.absent(t, "the answer to a malformed request", spoil(t, address, fmt.Sprintf(malformed, w.capability)))
		}
	}
}

// spoil sends bytes and gives what comes back.
func spoil(t *testing.T, address, text string) []byte {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // nothing more is wanted of it
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(conn, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.CloseWrite() // so that what is incomplete is not waited for
	}
	answer, _ := io.ReadAll(conn) // it may be reset
	return answer
}
