package daemon_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/store"
)

// certificate writes one for 127.0.0.1 with its key, and gives what trusts it and when it ends.
func certificate(t *testing.T, folder string) (roots *x509.CertPool, end time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	end = time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keep(t, filepath.Join(folder, "cert.pem"), string(text))
	keep(t, filepath.Join(folder, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return roots, end
}

// exchange sends a request to a daemon. On a busy machine a client may need more than the five seconds that
// it has for its handshake and its header, and is cut off: then it comes again.
func exchange(t *testing.T, tlsConfig *tls.Config, method, url, token, body string) (status int, answer string, err error) {
	t.Helper()
	for range 3 {
		if status, answer, err = exchangeOnce(t, tlsConfig, method, url, token, body); err == nil {
			break
		}
	}
	return status, answer, err
}

func exchangeOnce(t *testing.T, tlsConfig *tls.Config, method, url, token, body string) (status int, answer string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Transport{DisableKeepAlives: true, TLSClientConfig: tlsConfig}).RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestWithACertificateTheWebhookSpeaksTLSAndTheHealthListenerDoesNot(t *testing.T) {
	const token = "a-token-of-thirty-two-characters"
	folder := t.TempDir()
	roots, end := certificate(t, folder)
	_, d := runningWith(t, folder, slog.New(slog.DiscardHandler),
		"tls_cert_file = '"+filepath.Join(folder, "cert.pem")+"'\ntls_key_file = '"+filepath.Join(folder, "key.pem")+"'\n")
	at := d.WebhookAddr() + "/webhook"
	if status, said, err := exchange(t, &tls.Config{RootCAs: roots}, http.MethodPost, "https://"+at, token, "{}"); err != nil || status != http.StatusOK {
		t.Errorf("a good post: %d %s, %v", status, said, err)
	}
	if status, said, err := exchange(t, nil, http.MethodPost, "http://"+at, token, "{}"); err == nil && status != http.StatusBadRequest {
		t.Errorf("without TLS: %d %s", status, said)
	}
	_, metrics, err := exchange(t, nil, http.MethodGet, "http://"+d.AdminAddr()+"/metrics", "", "")
	if err != nil {
		t.Fatal(err)
	}
	var told float64
	_, rest, _ := strings.Cut(metrics, "\nticketd_tls_certificate_expiry_timestamp_seconds ")
	if _, err := fmt.Sscan(rest, &told); err != nil || int64(told) != end.Unix() {
		t.Errorf("the metrics tell %v (%v), want %d", told, err, end.Unix())
	}
}

// rotating is a daemon whose tokens for the webhook are replaced between its lives.
type rotating struct {
	folder string
	tokens map[string]string // what senders show, by name
	sent   []string          // the names of those who were answered 200
}

func (r *rotating) path() string { return filepath.Join(r.folder, "ticketd.db") }

// live is one life, with the files of tokens that are configured: every sender posts, and those who are
// named must be answered 200.
func (r *rotating) live(t *testing.T, files []string, accepted ...string) {
	t.Helper()
	t.Run(strings.Join(files, " and "), func(t *testing.T) {
		server, _, _ := strings.Cut(head, "[[server.token]]")
		text := strings.ReplaceAll(server, "127.0.0.1:1", "127.0.0.1:0") + "[store]\npath = '" + r.path() + "'\n"
		for _, name := range files {
			text += "[[server.token]]\nname = \"" + name + "\"\nvalue_file = '" + filepath.Join(r.folder, name) + "'\n"
		}
		d := started(t, text+usualTrackers+usualRules, slog.New(slog.DiscardHandler))
		for name, token := range r.tokens {
			want := http.StatusUnauthorized
			if slices.Contains(accepted, name) {
				want = http.StatusOK
				r.sent = append(r.sent, name)
			}
			status, _, err := exchange(t, nil, http.MethodPost, "http://"+d.WebhookAddr()+"/webhook", token, fmt.Sprintf(`{"nth": %d}`, len(r.sent)))
			if err != nil || status != want {
				t.Errorf("who shows the %s one gets %d (%v), want %d", name, status, err, want)
			}
		}
	})
}

func TestTheTokenOfTheWebhookIsReplacedWithoutLosingAnEvent(t *testing.T) {
	r := &rotating{folder: t.TempDir(), tokens: map[string]string{"old": "a-token-of-thirty-two-characters", "next": "another-token-of-many-characters"}}
	for name, token := range r.tokens {
		keep(t, filepath.Join(r.folder, name), token)
	}
	r.live(t, []string{"old"}, "old")
	r.live(t, []string{"old", "next"}, "old", "next")
	if err := os.Rename(filepath.Join(r.folder, "next"), filepath.Join(r.folder, "old")); err != nil { // the last step of docs/secrets.md
		t.Fatal(err)
	}
	r.live(t, []string{"old"}, "next")

	s, err := store.Open(t.Context(), store.Options{Path: r.path(), Shared: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := s.Events(t.Context(), store.EventFilter{Limit: 100})
	if err != nil || len(events) != len(r.sent) || len(r.sent) != 4 {
		t.Errorf("%d events of %q (%v)", len(events), r.sent, err)
	}
	sources := map[string]int{}
	for _, e := range events {
		sources[e.Source]++
	}
	if sources["old"] != 3 || sources["next"] != 1 {
		t.Errorf("they came by %v", sources)
	}
}
