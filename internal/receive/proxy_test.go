package receive

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// documented gives the block of a language of docs/proxy.md.
func documented(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/proxy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "\n```"+language+"\n")
	if !found {
		t.Fatalf("docs/proxy.md has no block of %s", language)
	}
	block, _, _ = strings.Cut(block, "\n```")
	return block + "\n"
}

// replaced puts the test's own in place of what is documented, all of which must be there.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in the documented configuration", pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// proxied is a door behind a real proxy.
type proxied struct {
	*door

	backend *httptest.Server
	pair    *pair
	folder  string // of all that the proxy writes
	address string // of the proxy

	mu      sync.Mutex
	reached []string // paths that came through
}

// behind makes a door for a proxy to stand before. The door believes the proxy's address alone.
func behind(t *testing.T) *proxied {
	t.Helper()
	p := &proxied{pair: newPair(t, "proxy", 24*time.Hour), folder: t.TempDir(), address: freeAddress(t)}
	p.door = open(t, func(o *Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	p.backend = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.reached = append(p.reached, r.URL.Path)
		p.mu.Unlock()
		p.ServeHTTP(w, r)
	}))
	p.backend.Config = Server(p.backend.Config.Handler, p.o.Logger)
	p.backend.Start()
	t.Cleanup(p.backend.Close)
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

func (p *proxied) file(name, content string) string {
	p.t.Helper()
	path := filepath.Join(p.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// run starts the proxy and waits until it takes connections.
func (p *proxied) run(name string, args ...string) {
	p.t.Helper()
	c := exec.CommandContext(p.t.Context(), name, args...)
	output, err := os.Create(filepath.Join(p.folder, "output"))
	if err != nil {
		p.t.Fatal(err)
	}
	c.Stdout, c.Stderr = output, output
	c.Env = append(os.Environ(), "HOME="+p.folder, "XDG_DATA_HOME="+p.folder, "XDG_CONFIG_HOME="+p.folder)
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	p.t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		<-ended
		_ = output.Close()
	})
	p.awaitUp(ended)
}

func (p *proxied) awaitUp(ended <-chan error) {
	p.t.Helper()
	often := time.NewTicker(20 * time.Millisecond)
	defer often.Stop()
	for range 1000 {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case err := <-ended:
			p.t.Fatalf("the proxy ended with %v: %s", err, p.written())
		case <-often.C:
		}
	}
	p.t.Fatalf("the proxy does not take connections: %s", p.written())
}

// written gives all that the proxy has written but its configuration.
func (p *proxied) written() string {
	p.t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(p.folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		fmt.Fprintf(&all, "== %s\n%s\n", name, text)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all.String()
}

// from gives a client with an address of its own that claims to be another.
func (p *proxied) from(address string) func(method, path, authorization, body string) int {
	text, err := os.ReadFile(p.pair.file("cert.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	transport := &http.Transport{
		DialContext:     (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext,
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	return func(method, path, authorization, body string) int {
		p.t.Helper()
		r, err := http.NewRequestWithContext(p.t.Context(), method, "https://"+p.address+path, strings.NewReader(body))
		if err != nil {
			p.t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Header.Set("Forwarded", "for=203.0.113.9")
		r.Header.Set("Content-Type", "application/json")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			p.t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			p.t.Fatal(err)
		}
		return resp.StatusCode
	}
}

// try sees that the proxy does what docs/proxy.md says. tooLarge is how it may answer a body over the cap.
func (p *proxied) try(tooLarge ...int) {
	p.t.Helper()
	send := p.from("127.0.0.2")
	large := `{"a":"` + strings.Repeat("x", DefaultMaxBody-8) + `"}`
	for _, c := range []struct {
		method, path, authorization, body string
		want                              int
	}{
		{"POST", "/webhook", "Bearer " + token, "{}", 200},
		{"POST", "/webhook", "Bearer " + token, large, 200},
		{"POST", "/webhook", "", "{}", 401},
		{"POST", "/webhook", "Bearer wrong", "{}", 401},
		{"GET", "/webhook", "Bearer " + token, "", 405},
		{"POST", "/hooks/" + capability, "", `{"by":"capability"}`, 200},
		{"POST", "/hooks/" + capability + "x", "", "{}", 404},
	} {
		if got := send(c.method, c.path, c.authorization, c.body); got != c.want {
			p.t.Errorf("%s %.20s of %d bytes: %d, want %d", c.method, c.path, len(c.body), got, c.want)
		}
	}
	if got := send("POST", "/webhook", "Bearer "+token, large+"x"); !slices.Contains(tooLarge, got) {
		p.t.Errorf("a body that is too large: %d", got)
	}
	if n := len(p.events()); n != 3 {
		p.t.Errorf("%d events, want 3", n)
	}
	if log := p.logs.String(); !strings.Contains(log, `"remote":"127.0.0.2","proxy":"127.0.0.1:`) || strings.Contains(log, "203.0.113.9") {
		p.t.Errorf("the log does not name the client: %s", log)
	}
	p.tryElsewhere(send)
	p.backend.Close() // and what the proxy says of a ticketd that is away holds no secret
	if got := send("POST", "/hooks/"+capability, "", "{}"); got != 502 {
		p.t.Errorf("without ticketd: %d", got)
	}
	if got := send("POST", "/webhook", "Bearer "+token, "{}"); got != 502 {
		p.t.Errorf("without ticketd: %d", got)
	}
}

// tryElsewhere sees that nothing else comes through.
func (p *proxied) tryElsewhere(send func(method, path, authorization, body string) int) {
	p.t.Helper()
	p.mu.Lock()
	before := len(p.reached)
	p.mu.Unlock()
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/status", "/debug/pprof/", "/webhook/", "/webhookx", "/hooks", "/x/webhook"} {
		if got := send("GET", path, "", ""); got != 404 {
			p.t.Errorf("%s: %d", path, got)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if more := p.reached[before:]; len(more) > 0 {
		p.t.Errorf("%q came through", more)
	}
}

// silent sees that the proxy has written requests down, and no secret.
func (p *proxied) silent(wanted string) {
	p.t.Helper()
	written := p.written()
	if !strings.Contains(written, wanted) {
		p.t.Errorf("%q is in no log: %s", wanted, written)
	}
	for _, secret := range []string{capability, token} {
		if strings.Contains(written, secret) {
			p.t.Errorf("a secret is written down: %s", written)
		}
	}
}

func TestNginxAsDocumentedPassesTheWebhookAndNothingElse(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed (Debian: nginx-light)")
	}
	p := behind(t)
	block := replaced(t, documented(t, "nginx"),
		"listen 443 ssl;", "listen "+p.address+" ssl;",
		"listen [::]:443 ssl;", "",
		"/etc/letsencrypt/live/tickets.example.com/fullchain.pem", p.pair.file("cert.pem"),
		"/etc/letsencrypt/live/tickets.example.com/privkey.pem", p.pair.file("key.pem"),
		"/var/log/nginx/ticketd.log", filepath.Join(p.folder, "access.log"),
		"http://127.0.0.1:8080", p.backend.URL,
	)
	main := "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log info;\nevents {}\nhttp {\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path temp;\n"
	}
	p.run(nginx, "-p", p.folder, "-c", p.file("nginx.conf", main+block+"}\n"))
	p.try(http.StatusRequestEntityTooLarge)
	p.silent("127.0.0.2 [")
}

func TestCaddyAsDocumentedPassesTheWebhookAndNothingElse(t *testing.T) {
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed")
	}
	p := behind(t)
	block := replaced(t, documented(t, "caddyfile"),
		"{\n\tlog {\n\t\tformat", "{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n\t\tformat",
		"\ntickets.example.com {\n", "\nhttps://"+p.address+" {\n\ttls "+p.pair.file("cert.pem")+" "+p.pair.file("key.pem")+"\n",
		"/var/log/caddy/ticketd.log", filepath.Join(p.folder, "access.log"),
		"127.0.0.1:8080", p.backend.Listener.Addr().String(),
	)
	p.run(caddy, "run", "--adapter", "caddyfile", "--config", p.file("Caddyfile", block))
	p.try(http.StatusRequestEntityTooLarge, http.StatusBadGateway)
	p.silent(`"status":401`)
}
