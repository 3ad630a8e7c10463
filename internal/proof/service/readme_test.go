//go:build linux

package service_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

// block is a piece of shell in the README, under its heading.
type block struct {
	heading string
	script  string
}

// TestTheOperatingChapterOfTheReadmeIsTrueWordByWord does what an operator does who has the README, a token
// and a package: every command of the two chapters, in their order. Between them it looks whether that came
// true which they promise.
func TestTheOperatingChapterOfTheReadmeIsTrueWordByWord(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		blocks := operatingChapters(t, "/mnt/README.md")
		r := &reader{site: s, dir: t.TempDir(), token: jiraToken}
		s.write("/etc/apt/apt.conf.d/99yes", "APT::Get::Assume-Yes \"true\";\n", 0o644) // who reads types Y
		if s.try("command -v sudo").code != 0 {
			s.write("/usr/local/bin/sudo", "#!/bin/sh\nexec \"$@\"\n", 0o755) // who is root needs none
		}
		r.bring(release)
		before, after := r.before(), r.after()
		for n, b := range blocks {
			place := fmt.Sprintf("%s (block %d)", b.heading, n+1)
			if do := before[b.heading]; do != nil {
				do(b)
			}
			got := s.tryWith(r.token+"\n", "cd "+r.dir+"\nset -e\n"+b.script)
			t.Logf("%s\n%s%s", place, b.script, got.out)
			if got.code != 0 {
				t.Fatalf("%s ended with %d", place, got.code)
			}
			if do := after[b.heading]; do != nil {
				do(b, got.out)
			}
		}
		for _, heading := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))) {
			if !slices.ContainsFunc(blocks, func(b block) bool { return b.heading == heading }) {
				t.Errorf("the README has no commands under %q any more", heading)
			}
		}
	})
}

// reader is who follows the README.
type reader struct {
	*site

	dir    string // where the package is
	token  string // of Jira, to be pasted
	header string // the value that Data Theorem's portal gets
	sent   int
}

// bring puts a package beside the reader, in place of an earlier one.
func (r *reader) bring(deb string) {
	r.t.Helper()
	r.sh("rm -f " + r.dir + "/*.deb; cp /mnt/" + deb + " " + r.dir + "/ticketd_1_amd64.deb")
}

// before is what happens in the world before the commands under a heading.
func (r *reader) before() map[string]func(b block) {
	return map[string]func(b block){
		"Back up, restore, recover": func(b block) {
			if strings.Contains(b.script, "backup /var/backups/ticketd.db") { // nobody waits ten minutes here
				r.sh(`printf '\n[deliver]\nquiet_period = "2s"\n' >> /etc/ticketd/ticketd.toml`)
			}
			if strings.Contains(b.script, "ticketd recover") {
				r.sh("systemctl stop ticketd.socket ticketd; rm " + database)
			}
		},
		"Upgrade it": func(block) { r.bring(nextRelease) },
		"Rotate a secret": func(block) {
			r.token = "another-token-of-the-practice-jira"
			r.jira.SetToken(r.token)
		},
	}
}

// after is what must be true after them.
func (r *reader) after() map[string]func(b block, out string) {
	return map[string]func(b block, out string){
		"Install it": func(block, string) {
			r.expect("ActiveState", "inactive", "UnitFileState", "disabled")
			r.documents()
		},
		"Start it": func(b block, out string) {
			if strings.Contains(b.script, "Bearer") {
				r.header = strings.TrimSpace(out)
				r.post(5)
			}
		},
		"Back up, restore, recover": func(b block, _ string) {
			if !strings.Contains(b.script, "ticketd backup") {
				r.again()
			}
			r.post(2) // which a backup does not have
		},
		"Upgrade it": func(block, string) {
			if got := r.sh("ticketd status --json"); !strings.Contains(got, nextVersion) {
				r.t.Errorf("after the upgrade this runs: %s", got)
			}
			r.post(2)
		},
		"Rotate a secret": func(block, string) { r.post(2) },
		"Remove it": func(b block, _ string) {
			left, gone := database+" /etc/ticketd/ticketd.toml /etc/credstore/ticketd.jira-token", "/usr/bin/ticketd /usr/lib/systemd/system/ticketd.service"
			if strings.Contains(b.script, "purge") {
				left = "/var/backups/ticketd.db /var/backups/ticketd/ticketd-*.db"
				gone = "/etc/ticketd /var/lib/ticketd /etc/credstore/ticketd.* /etc/systemd/system/*/ticketd.*"
			}
			r.sh("ls -d " + left)
			if found := r.try("ls -d " + gone + " 2>/dev/null").out; found != "" {
				r.t.Errorf("there is still %s", found)
			}
		},
	}
}

// documents looks whether what the units and the alerts refer to was installed.
func (r *reader) documents() {
	r.t.Helper()
	r.sh(`for f in $(grep -rhoE 'file:///usr/share/doc/ticketd/[a-zA-Z0-9_./-]+' /usr/lib/systemd/system/ticketd.* /usr/share/doc/ticketd | sort -u); do
		case $f in */) continue;; esac
		ls "${f#file://}"
	done`)
}

// post posts so many new events as Data Theorem would, and waits for their issues.
func (r *reader) post(n int) {
	r.t.Helper()
	for range n {
		r.sent++
		r.postOne(r.sent)
	}
	r.settled()
}

// again posts all events once more, as the portal does when it is asked to.
func (r *reader) again() {
	r.t.Helper()
	for n := range r.sent {
		r.postOne(n + 1)
	}
	r.settled()
}

// settled waits until there is one issue for each event, and a ticket that knows it.
func (r *reader) settled() {
	r.t.Helper()
	program.Eventually(r.t, fmt.Sprintf("there are %d tickets with an issue", r.sent), func() bool {
		all := r.tickets()
		return len(all) == r.sent && !slices.ContainsFunc(all, func(t ticket) bool { return t.State != "live" })
	})
	if issues := len(r.jira.Issues()); issues != r.sent {
		r.t.Errorf("%d findings have %d issues", r.sent, issues)
	}
}

func (r *reader) postOne(n int) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, webhook,
		bytes.NewReader(program.Opened(fmt.Sprintf("readme-%d", n), 1611058000)))
	must(r.t, err)
	req.Header.Set("Authorization", r.header)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	must(r.t, err)
	must(r.t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("a post is answered with %d", resp.StatusCode)
	}
}

// operatingChapters gives the shell of the two chapters, in order.
func operatingChapters(t *testing.T, readme string) (blocks []block) {
	t.Helper()
	text, err := os.ReadFile(readme)
	must(t, err)
	chapter, heading := "", ""
	var script *strings.Builder
	for line := range strings.Lines(string(text)) {
		bare := strings.TrimSpace(line)
		switch {
		case script != nil && bare == "```":
			blocks = append(blocks, block{heading, script.String()})
			script = nil
		case script != nil:
			script.WriteString(line)
		case strings.HasPrefix(line, "## "):
			chapter = bare
		case strings.HasPrefix(line, "### "):
			heading = strings.TrimPrefix(bare, "### ")
		case bare == "```sh" && (chapter == "## Run it as a service" || chapter == "## Operate it"):
			script = new(strings.Builder)
		}
	}
	if len(blocks) < 10 {
		t.Fatalf("%d blocks of commands in the README's operating chapters", len(blocks))
	}
	return blocks
}
