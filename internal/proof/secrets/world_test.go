package secrets

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketd/internal/github/githubtest"
	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof/program"
)

// world is one of each place that a secret can be configured in, with a canary there, and the
// trackers that it is for.
type world struct {
	*searcher

	token, capability, other string // of the webhook: in a file, in the URL, in the environment
	credentials              map[string]string
	trackers                 []*tracker
	stranger                 *stranger
	proxy                    *front
	unknown, tls             string // addresses of what no connection comes about with
	folder                   string // of secret files
	env                      []string
}

// tracker is a practice tracker behind its front.
type tracker struct {
	*front

	address string
	issues  func() any // as they stand
	count   func() int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{searcher: new(searcher), folder: t.TempDir(), credentials: map[string]string{}, stranger: newStranger(t)}
	w.token, w.capability, w.other = w.secret("server.token", ""), w.secret("server.capability", ""), w.secret("environment", "")
	for _, name := range []string{"jira.cloud", "jira.pat", "jira.env", "jira.proxied", "github.token", "jira.tls", "jira.tunnel", "jira.unknown"} {
		w.credentials[name] = w.secret(name, `/+&"=`)
	}
	for _, name := range []string{"jira.cloud", "jira.pat", "jira.env", "jira.proxied"} {
		server := jiratest.New(jiratest.Options{Token: w.credentials[name], DataCenter: name == "jira.pat", Email: map[bool]string{false: "bot@example.com"}[name == "jira.pat"]})
		w.add(t, name, server, func() any { return server.Issues() }, func() int { return len(server.Issues()) })
	}
	key, text := w.privateKey(t, "github.app")
	for name, o := range map[string]githubtest.Options{
		"github.token": {Token: w.credentials["github.token"]},
		"github.app":   {Token: canary("nobody"), App: &githubtest.App{ID: "Iv23abc", Number: 77, Slug: "finding-bot", Installation: 5, Key: &key.PublicKey}},
	} {
		o.Repositories = []string{"acme/app"}
		server := githubtest.New(o)
		w.add(t, name, server, func() any { return server.Issues() }, func() int { return len(server.Issues()) })
	}
	w.unreachable(t)
	w.file(t, "webhook-token", w.token)
	w.file(t, "app.pem", text)
	for name, credential := range w.credentials {
		w.file(t, name, credential+"\n")
	}
	return w
}

func (w *world) add(t *testing.T, name string, server http.Handler, issues func() any, count func() int) {
	f := newFront(name, server)
	w.trackers = append(w.trackers, &tracker{front: f, address: program.Serve(t, f), issues: issues, count: count})
	if name == "jira.proxied" {
		w.proxy = f
	}
}

// unreachable makes a proxy with a password, and what is never reached: a host behind that proxy, one
// whose certificate nobody vouches for, and one without an address.
func (w *world) unreachable(t *testing.T) {
	t.Helper()
	password := w.secret("proxy", "")
	refusing := newFront("proxy", nil)
	proxy := program.Serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.proxy.ServeHTTP(rw, r)
			return
		}
		refusing.note(r, nil)
		raw(rw, "HTTP/1.1 407 "+strings.Join(credentials(r), " ")+"\r\nContent-Length: 0\r\n\r\n")
	}))
	vouched := httptest.NewUnstartedServer(w.stranger)
	vouched.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	vouched.StartTLS()
	t.Cleanup(vouched.Close)
	w.tls, w.unknown = vouched.Listener.Addr().String(), "nowhere.invalid"
	through := fmt.Sprintf("http://proxy-user:%s@%s", password, proxy)
	w.env = []string{"CREDENTIALS_DIRECTORY=" + w.folder, "TICKETD_SERVER_TOKEN=" + w.other, "TICKETD_JIRA_ENV_TOKEN=" + w.credentials["jira.env"],
		"HTTP_PROXY=" + through, "HTTPS_PROXY=" + through, "http_proxy=", "https_proxy=", "NO_PROXY=" + w.unknown, "no_proxy=", "GOTRACEBACK=system"}
}

func (w *world) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configuration has a secret in every place and in every way that there is.
func (w *world) configuration(database string) string {
	var b strings.Builder
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) } // it takes everything
	write("instance = \"proof\"\n[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"")
	write("[[server.token]]\nname = \"portal\"\nvalue_file = \"$CREDENTIALS_DIRECTORY/webhook-token\"")
	write("[[server.capability]]\nname = \"url\"\nvalue = %q", w.capability)
	write("[store]\npath = %q\n[deliver]\nquiet_period = \"2s\"\n[log]\nlevel = \"debug\"", database)
	jira := func(name, address, rest string) {
		write("[jira.%s]\nurl = %q\nmin_interval = \"1ms\"\nburst = 1000\n%s", name, address, rest)
		write("[[rule]]\nname = %[1]q\ntracker = %[1]q\nproject = \"SEC\"\nmatch.path = { tracker = %[1]q }", name)
	}
	account := "email = \"bot@example.com\"\n"
	jira("cloud", w.address("jira.cloud"), account+fmt.Sprintf("token = %q", w.credentials["jira.cloud"]))
	jira("pat", w.address("jira.pat"), fmt.Sprintf("token_file = %q", filepath.Join(w.folder, "jira.pat")))
	jira("env", w.address("jira.env"), account)
	jira("proxied", "http://jira.proxied.test", account+"plain_http = true\ntoken_file = \"$CREDENTIALS_DIRECTORY/jira.proxied\"")
	jira("tls", "https://"+w.tls, account+"token_file = \"$CREDENTIALS_DIRECTORY/jira.tls\"")
	jira("tunnel", "https://jira.tunnel.test", account+"token_file = \"$CREDENTIALS_DIRECTORY/jira.tunnel\"")
	jira("unknown", "https://"+w.unknown, account+"token_file = \"$CREDENTIALS_DIRECTORY/jira.unknown\"")
	for name, credential := range map[string]string{
		"token": "token_file = \"$CREDENTIALS_DIRECTORY/github.token\"",
		"app":   "app = { id = \"Iv23abc\", installation = 5, private_key_file = \"$CREDENTIALS_DIRECTORY/app.pem\" }",
	} {
		write("[github.%s]\nurl = %q\nmin_interval = \"1ms\"\n%s", name, w.address("github."+name), credential)
		write("[[rule]]\nname = %[1]q\ntracker = %[1]q\nrepository = \"acme/app\"\nmatch.path = { tracker = %[1]q }", name)
	}
	return b.String()
}

func (w *world) address(name string) string {
	for _, tr := range w.trackers {
		if tr.name == name {
			return "http://" + tr.address
		}
	}
	return ""
}

// minted looks for the credentials too that came to be on the way: what the App signed and was given.
func (w *world) minted() *searcher {
	s := new(searcher)
	for _, tr := range w.trackers {
		tr.mu.Lock()
		for value := range tr.shown {
			s.add("what was shown to "+tr.name, value)
		}
		tr.mu.Unlock()
	}
	return s
}

// trackersHold is all that the trackers have and were sent, but for their own credentials.
func (w *world) trackersHold(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, tr := range w.trackers {
		issues, err := json.Marshal(tr.issues())
		if err != nil {
			t.Fatal(err)
		}
		tr.mu.Lock()
		all = append(append(all, issues...), tr.received.Bytes()...)
		tr.mu.Unlock()
	}
	return all
}

// stranger is a host that nothing is to reach.
type stranger struct {
	address string

	mu  sync.Mutex
	got []byte
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	s := new(stranger)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	var over sync.WaitGroup
	over.Go(func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_ = conn.SetDeadline(time.Now().Add(time.Second)) // of what a client says first
			text := make([]byte, 1<<16)
			n, _ := conn.Read(text)
			s.heard(fmt.Appendf(text[:n:n], "\n(a connection from %s)\n", conn.RemoteAddr()))
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		over.Wait()
	})
	return s
}

// ServeHTTP is for a request that came through where none should.
func (s *stranger) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s.heard(fmt.Appendf(nil, "%s %s %v\n", r.Method, r.RequestURI, r.Header))
}

func (s *stranger) heard(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, text...)
}

func (s *stranger) all() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.got...)
}
