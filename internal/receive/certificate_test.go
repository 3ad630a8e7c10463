package receive

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// issue makes a certificate for 127.0.0.1 of a name that ends so long from now, and its key, in PEM.
func issue(t testing.TB, name string, left time.Duration) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(left),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// pair is a certificate and a key in a folder that can be swapped, and a clock.
type pair struct {
	t      *testing.T
	folder string

	mu  sync.Mutex
	now time.Time
}

func newPair(t *testing.T, name string, left time.Duration) *pair {
	t.Helper()
	p := &pair{t: t, folder: t.TempDir(), now: time.Now()}
	p.write(issue(t, name, left))
	return p
}

func (p *pair) file(name string) string { return filepath.Join(p.folder, name) }

// write replaces both files in place.
func (p *pair) write(certificate, key []byte) {
	p.t.Helper()
	for name, content := range map[string][]byte{"cert.pem": certificate, "key.pem": key} {
		if err := os.WriteFile(p.file(name), content, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *pair) load() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(p.file("cert.pem"), p.file("key.pem"))
	return &c, err
}

func (p *pair) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *pair) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// serveTLS puts a door behind its real server with the pair.
func (p *pair) serveTLS(d *door) (address string, shown *Certificate) {
	p.t.Helper()
	c, err := NewCertificate(CertificateOptions{Load: p.load, Soon: 14 * 24 * time.Hour, Logger: d.o.Logger, Now: p.clock})
	if err != nil {
		p.t.Fatal(err)
	}
	server := Server(d, d.o.Logger)
	server.TLSConfig = c.Config()
	l := listen(p.t)
	ended := make(chan error)
	go func() { ended <- Serve(server, l) }()
	p.t.Cleanup(func() {
		_ = server.Close() // connections are meant to break
		<-ended
	})
	return l.Addr().String(), c
}

// shows gives the name in the certificate that a new handshake gets.
func shows(t *testing.T, address string) string {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", address) //nolint:gosec // only looked at
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestARenewedCertificateIsShownWithoutARestartHoweverItCame(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "first", 90*24*time.Hour)
	address, _ := p.serveTLS(d)
	if got := shows(t, address); got != "first" {
		t.Fatalf("it shows %q", got)
	}

	p.write(issue(t, "in place", 90*24*time.Hour))
	if got := shows(t, address); got != "first" {
		t.Errorf("it was looked at again within a second: %q", got)
	}
	p.pass(lookApart)
	if got := shows(t, address); got != "in place" {
		t.Errorf("written in place: it shows %q", got)
	}

	certificate, key := issue(t, "renamed", 90*24*time.Hour)
	for name, content := range map[string][]byte{"cert.pem": certificate, "key.pem": key} {
		if err := os.WriteFile(p.file(name+".new"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p.file(name+".new"), p.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	p.pass(lookApart)
	if got := shows(t, address); got != "renamed" {
		t.Errorf("renamed: it shows %q", got)
	}

	// As Kubernetes does: the files are links through a folder that is a link itself.
	before := p.folder
	p.folder = filepath.Join(before, "two")
	if err := os.Mkdir(p.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	p.write(issue(t, "linked", 90*24*time.Hour))
	p.folder = before
	for _, name := range []string{"cert.pem", "key.pem"} {
		if err := os.Symlink(filepath.Join("data", name), p.file(name+".link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p.file(name+".link"), p.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("two", p.file("data")); err != nil {
		t.Fatal(err)
	}
	p.pass(lookApart)
	if got := shows(t, address); got != "linked" {
		t.Errorf("linked: it shows %q", got)
	}
	if n := strings.Count(d.logs.String(), "a new certificate is shown"); n != 3 {
		t.Errorf("told %d times: %s", n, d.logs)
	}
}

func TestABrokenCertificateLeavesTheOldOneAndIsToldOfOnce(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "good", 90*24*time.Hour)
	address, _ := p.serveTLS(d)
	_, foreign := issue(t, "other", 90*24*time.Hour)
	if err := os.WriteFile(p.file("key.pem"), foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		p.pass(lookApart)
		if got := shows(t, address); got != "good" {
			t.Errorf("it shows %q", got)
		}
	}
	if n := strings.Count(d.logs.String(), "cannot be read again"); n != 1 {
		t.Errorf("told %d times: %s", n, d.logs)
	}
	p.write(issue(t, "mended", 90*24*time.Hour))
	p.pass(lookApart)
	if got := shows(t, address); got != "mended" {
		t.Errorf("mended: it shows %q", got)
	}
	if err := os.Remove(p.file("key.pem")); err != nil {
		t.Fatal(err)
	}
	p.pass(lookApart)
	if got := shows(t, address); got != "mended" || strings.Count(d.logs.String(), "cannot be read again") != 2 {
		t.Errorf("gone: it shows %q: %s", got, d.logs)
	}
}

func TestACertificateThatEndsSoonIsToldOfOnceADay(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "short", 10*24*time.Hour)
	_, shown := p.serveTLS(d)
	end := shown.Expires()
	for range 48 {
		p.pass(time.Hour)
		if got := shown.Expires(); !got.Equal(end) {
			t.Fatalf("it ends at %v, then at %v", end, got)
		}
	}
	if n := strings.Count(d.logs.String(), "the certificate ends soon"); n != 3 {
		t.Errorf("told %d times in two days: %s", n, d.logs)
	}
	p.write(issue(t, "long", 90*24*time.Hour))
	p.pass(25 * time.Hour)
	if got := shown.Expires(); !got.After(end) || strings.Count(d.logs.String(), "the certificate ends soon") != 3 {
		t.Errorf("renewed: it ends at %v: %s", got, d.logs)
	}
}

func TestWithoutACertificateThereIsNoListener(t *testing.T) {
	p := &pair{t: t, folder: t.TempDir()}
	if _, err := NewCertificate(CertificateOptions{Load: p.load}); err == nil {
		t.Error("it was made of nothing")
	}
}

// client speaks TLS with a door and trusts its certificate alone.
func (p *pair) client(protocols *http.Protocols) *http.Client {
	p.t.Helper()
	text, err := os.ReadFile(p.file("cert.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: protocols}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (p *pair) post(c *http.Client, address, authorization, body string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "https://"+address+DefaultPath, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	resp, err := c.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		p.t.Fatal(err)
	}
	return resp
}

func TestTheDoorBehindTLSSpeaksWhatItSpeaksWithout(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "door", 90*24*time.Hour)
	address, _ := p.serveTLS(d)
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetHTTP2(true)
	c := p.client(both)
	large := `{"a":"` + strings.Repeat("x", 900<<10) + `"}`
	for body, want := range map[string]int{"{}": 200, large: 200, strings.Repeat("x", DefaultMaxBody+1): 413} {
		if resp := p.post(c, address, "Bearer "+token, body); resp.StatusCode != want || resp.Proto != "HTTP/1.1" {
			t.Errorf("%d by %s, want %d", resp.StatusCode, resp.Proto, want)
		}
	}
	if resp := p.post(c, address, "Bearer wrong", "{}"); resp.StatusCode != 401 {
		t.Errorf("a stranger gets %d", resp.StatusCode)
	}
	if resp := p.post(c, address, "Bearer "+token, "{}"); resp.StatusCode != 200 { // on a new connection, after the stranger's
		t.Errorf("%d", resp.StatusCode)
	}
	if n := len(d.events()); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestWhatIsNoTLSOrTooOldIsRefusedAndFillsNoLog(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "door", 90*24*time.Hour)
	address, _ := p.serveTLS(d)
	for range 50 {
		conn := connect(t, address)
		if _, err := io.WriteString(conn, lines(post, bearer, empty)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 400 {
			t.Fatalf("HTTP is answered %v, %v", resp, err)
		}
		_ = conn.Close()
	}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // what is too old
	if conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", address); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	log := d.logs.String()
	if n := strings.Count(log, "TLS handshake failed"); n != 1 || strings.Count(log, "\n") != n {
		t.Errorf("told %d times: %s", n, log)
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestAHandshakeThatNeverEndsIsCutOff(t *testing.T) {
	d := open(t, nil)
	p := newPair(t, "door", 90*24*time.Hour)
	synctest.Test(t, func(t *testing.T) {
		shown, err := NewCertificate(CertificateOptions{Load: p.load, Logger: d.o.Logger})
		if err != nil {
			t.Fatal(err)
		}
		listener := &piped{conns: make(chan net.Conn), done: make(chan struct{})}
		server := Server(d, d.o.Logger)
		server.TLSConfig = shown.Config()
		ended := make(chan error)
		go func() { ended <- Serve(server, listener) }()
		here, there := net.Pipe()
		listener.conns <- there
		start := time.Now()
		if _, err := io.Copy(io.Discard, here); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("cut off after %s", took)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-ended
		_ = here.Close()
	})
}
