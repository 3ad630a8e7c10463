package receive

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/proof/report"
)

var pairs = flag.Int("pairs", 300, "pairs of requests whose times are compared")

// nearPaths are those that are not, but nearly, /webhook, or /hooks/ with the secret.
func nearPaths() []string {
	paths := []string{
		"/", "/webhook/", "//webhook", "/webhook%2f", "/webhook%2F", "/%2fwebhook", "/webhook%00", "/webhook%20", "/webhook.",
		"/webhook;x", "/webhook,", "/WEBHOOK", "/Webhook", "/webhoo", "/webhookx", "/webhook/x", "/./webhook", "/x/../webhook",
		"/webhook/.", "/webhook/..", "/webhook/../webhook", `/\webhook`, "/webhook%252f", "/hooks", "/hooks/", "/hooks//", "/hooks/%00",
		"/hook/" + capability, "/Hooks/" + capability, "//hooks/" + capability, "/hooks//" + capability, "/hooks/./" + capability,
		"/hooks/x/../" + capability, "/hooks/%2f" + capability, "/hooks/" + capability + "/", "/hooks/" + capability + "%2f",
		"/hooks/" + capability + "x", "/hooks/" + capability + "%20", "/hooks/" + capability + "%00", "/hooks/" + capability + ";x",
		"/hooks/" + capability[1:], "/hooks/" + strings.ToUpper(capability), "/hooks/" + capability + capability,
		"/hooks/" + token, "/hooks/" + strings.Repeat("x", 4096), "/hooks/a-hook-that-has-expired", "/webhook/" + capability,
		"/healthz", "/readyz", "/metrics", "/debug/pprof/",
	}
	for i := range capability { // wrong by one byte, wherever
		wrong := []byte(capability)
		wrong[i] ^= 1
		paths = append(paths, "/hooks/"+string(wrong))
	}
	return paths
}

var date = regexp.MustCompile(`(?m)^Date: .*\r\n`)

func TestAPathNearTheRightOneIsAnsweredLikeAnyOther(t *testing.T) {
	d := open(t, func(o *Options) {
		expired := credential("expired", "a-hook-that-has-expired")
		expired.NotAfter = time.Unix(1000, 0)
		o.Capabilities = append(o.Capabilities, expired)
	})
	address := d.serve()
	ask := func(path, authorization string) string {
		conn := connect(t, address)
		if _, err := io.WriteString(conn, lines("POST "+path+" HTTP/1.1", authorization, "Connection: close", "Content-Length: 2")+"{}"); err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		return date.ReplaceAllString(string(all), "")
	}
	want := ask("/nothing/here", "X: a stranger")
	if !strings.HasPrefix(want, "HTTP/1.1 404 ") {
		t.Fatalf("an unknown path: %s", want)
	}
	for _, path := range nearPaths() {
		for _, authorization := range []string{"X: a stranger", bearer} {
			if got := ask(path, authorization); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
	}
	if n := len(d.events()); n != 0 {
		t.Errorf("%d events", n)
	}
	report.Tell(t, report.Row{
		Part: "Door", What: fmt.Sprintf("%d paths near /webhook and the secret of a capability URL, with and without the token", len(nearPaths())),
		Outcome: "all answered like an unknown path, byte for byte; nothing stored",
	})
}

func TestAPathIsTheSameHoweverItsLettersAreWritten(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	for _, path := range []string{"/%77ebhook", "/webhook?x=y", "/hooks/%7AIGVD0dM-a-capability-of-the-tests"} { // RFC 3986 6.2.2.2
		if got := exchange(t, connect(t, address), lines("POST "+path+" HTTP/1.1", bearer, empty)); got != 200 {
			t.Errorf("%s: %d", path, got)
		}
	}
}

func TestTheTimeOfAnAnswerIsToldForTheReport(t *testing.T) {
	d := open(t, nil)
	address := d.serve()
	wrong := []byte(capability)
	wrong[len(wrong)-1] ^= 1
	near := lines("POST /hooks/"+string(wrong)+" HTTP/1.1", empty)
	far := lines("POST /else/"+strings.Repeat("z", len(wrong))+" HTTP/1.1", empty)
	wrongToken := lines(post, bearer[:len(bearer)-1]+"#", empty)
	noToken := lines(post, "Authorization: Bearer "+strings.Repeat("z", len(token)), empty)
	path := compare(t, address, near, far)
	secret := compare(t, address, wrongToken, noToken)
	report.Tell(t, report.Row{
		Part: "Door", What: fmt.Sprintf("time of an answer, ratio of the medians of %d pairs", *pairs),
		Outcome: fmt.Sprintf("a capability wrong in its last byte to an unknown path %.3f; a token wrong in its last byte to one wrong in all %.3f", path, secret),
	})
}

// compare sends two requests in turns and gives the ratio of the medians of their times.
func compare(t *testing.T, address, a, b string) float64 {
	t.Helper()
	var took [2][]time.Duration
	for i := range 2 * *pairs {
		which := (i + i/2) % 2 // a b, b a, a b: what comes first has no advantage
		conn := connect(t, address)
		start := time.Now()
		got := exchange(t, conn, []string{a, b}[which])
		took[which] = append(took[which], time.Since(start))
		_ = conn.Close()
		if got != http.StatusNotFound && got != http.StatusUnauthorized {
			t.Fatalf("%d", got)
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return float64(took[0][*pairs/2]) / float64(took[1][*pairs/2])
}
