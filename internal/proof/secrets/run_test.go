package secrets

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// Every tracker gets, in one life of the process after the other, another hostile answer to another
// side of its API.
func TestNoSecretComesOutWhateverTheTrackersAnswer(t *testing.T) {
	program.Path(t)
	var given, canaries atomic.Int64
	t.Run("lives", func(t *testing.T) {
		for n := range int(*runs) {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				all := answers(w.stranger.address)
				for i, tr := range w.trackers {
					at := (n*len(w.trackers) + i + n/len(all)) % (3 * len(all))
					tr.plan(all[at%len(all)], side(1+at/len(all)))
				}
				given.Add(int64(w.live(t, n)))
				w.trackersGotTheirs(t)
				canaries.Store(int64(w.places()))
			})
		}
	})
	report.Tell(t, report.Row{Part: "Secrets",
		What: fmt.Sprintf("%d canaries, one in each place of the configuration; %d lives of the process at level debug, %d answers of trackers that repeat the credential in %d ways",
			canaries.Load(), *runs, given.Load(), len(answers(""))),
		Outcome: "in no log, page, answer, database file, ticket or foreign host; each at its own tracker"})
}

// trackersGotTheirs looks at the other side: each credential came to its own tracker, and nothing else
// to any.
func (w *world) trackersGotTheirs(t *testing.T) {
	t.Helper()
	for _, tr := range w.trackers {
		if secret := w.credentials[tr.name]; secret != "" {
			tr.arrived(t, secret)
		}
	}
	w.absent(t, "the trackers' tickets, or what they were sent beside its credential", w.trackersHold(t))
	if got := w.stranger.all(); len(got) > 0 {
		t.Errorf("a foreign host was reached: %.2000q", got)
	}
}

// plan is turn for a time when the tracker has got so far.
func (tr *tracker) plan(h hostile, against side) {
	tr.turn(nobody, h)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.planned = against
}

// live is one life of the process; it gives how many hostile answers there were.
func (w *world) live(t *testing.T, n int) (given int) {
	t.Helper()
	dir := t.TempDir()
	service := program.New(t, program.Options{Dir: dir, Config: w.configuration(filepath.Join(dir, "ticketd.db")), Env: w.env})
	before := map[*tracker]int{}
	for _, tr := range w.trackers {
		before[tr] = tr.count()
		if tr.planned != changes {
			tr.turn(tr.planned, tr.answer)
		}
	}
	service.Start()
	for i, name := range w.names() {
		by := []string{"token", "environment", "capability"}[i%3]
		if status, answer := w.post(t, service.WebhookAddr(), by, event("TARGET_CREATED", name, n, 1)); status/100 != 2 {
			t.Fatalf("%s with the %s: %d %s", name, by, status, answer)
		}
	}
	for _, tr := range w.trackers {
		if tr.planned == changes {
			program.Eventually(t, tr.name+" has its issue", func() bool { return tr.count() > before[tr] })
			tr.turn(changes, tr.answer)
		}
	}
	for _, name := range w.names() {
		w.post(t, service.WebhookAddr(), "token", event("NOTE_CREATED", name, n, 2))
		w.post(t, service.WebhookAddr(), "token", event("TARGET_FIXED", name, n, 3))
	}
	for _, tr := range w.trackers {
		program.Eventually(t, fmt.Sprintf("%s gives to %d: %s", tr.name, tr.planned, tr.answer.name), func() bool { return tr.hostileAnswers() > 0 })
		given += tr.hostileAnswers()
	}
	for _, name := range []string{"tls", "tunnel", "unknown"} {
		failed := fmt.Appendf(nil, `"tracker":%q,"error"`, name)
		program.Eventually(t, "the log tells that "+name+" cannot be reached", func() bool { return bytes.Contains(service.Log(), failed) })
	}
	w.knock(t, service.WebhookAddr(), strings.TrimPrefix(service.Admin(), "http://"))
	for _, page := range []string{"/healthz", "/readyz", "/metrics"} {
		status, answer := send(t, http.MethodGet, service.Admin()+page, nil, nil)
		if status == 0 {
			t.Errorf("no answer of %s", page)
		}
		w.absent(t, page, answer)
	}
	w.statusHoldsNone(t, filepath.Join(dir, "ticketd.toml"))
	if err := service.Stop(); err != nil {
		t.Errorf("ended with %v", err)
	}
	w.left(t, service)
	return given
}

// statusHoldsNone searches what the running daemon tells of itself: trackers whose own words hold what they
// were shown, what is held for that, and the last error.
func (w *world) statusHoldsNone(t *testing.T, config string) {
	t.Helper()
	for _, form := range []string{"--json", ""} {
		code, out := w.run(t, nil, strings.Fields("status --config "+config+" "+form)...)
		if told := bytes.Contains(out, []byte(`"running": true`)) || bytes.Contains(out, []byte("instance \"proof\", is ")); !told {
			t.Errorf("ticketd status %s ends with %d and tells nothing of the daemon: %s", form, code, out)
		}
		w.absent(t, "what `ticketd status "+form+"` prints", out)
		w.minted().absent(t, "what `ticketd status "+form+"` prints", out)
	}
}

// left searches what a process left behind: its log and its database.
func (w *world) left(t *testing.T, service *program.Service) {
	t.Helper()
	minted := w.minted()
	look := func(where string, text []byte) {
		w.absent(t, where, text)
		minted.absent(t, where, text)
	}
	look("the log", service.Log())
	files, err := filepath.Glob(service.Database() + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("database %q: %v", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".sock") {
			continue // holds nothing
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		look(filepath.Base(file), text)
	}
}

// names are the trackers as rules name them, those that cannot be reached included.
func (w *world) names() []string {
	names := []string{"tls", "tunnel", "unknown"}
	for _, tr := range w.trackers {
		_, name, _ := strings.Cut(tr.name, ".")
		names = append(names, name)
	}
	return names
}

// event is a webhook's body about the finding of a tracker.
func event(kind, tracker string, n, at int) []byte {
	parent, id := fmt.Sprintf("parent-%s-%d", tracker, n), "target"
	if kind == "NOTE_CREATED" {
		id = "note"
	}
	return fmt.Appendf(nil, `{"event":{"type":"MOBILE_SECURE__FINDING_%s","data":{"id":"%s-%d-%s","security_finding_id":%q,"tracker":%q,"text":"a note"},"version":1},"time":%d}`,
		kind, tracker, n, id, parent, tracker, 1_700_000_000+at)
}
