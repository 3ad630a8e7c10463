//go:build linux

package service_test

import (
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
		r := &reader{site: s, dir: t.TempDir()}
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
			got := s.tryWith(jiraToken+"\n", "cd "+r.dir+"\nset -e\n"+b.script)
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
		"Upgrade it": func(block) { r.bring(nextRelease) },
	}
}

// after is what must be true after them.
func (r *reader) after() map[string]func(b block, out string) {
	return map[string]func(b block, out string){
		"Install it": func(block, string) { r.expect("ActiveState", "inactive") },
		"Start it": func(b block, out string) {
			if strings.Contains(b.script, "credstore") {
				r.header = strings.TrimSpace(out)
				r.post(5)
			}
		},
		"Back up, restore, recover": func(b block, _ string) {
			switch {
			case strings.Contains(b.script, "ticketd backup"):
				r.post(3) // the backup does not have them
			case strings.Contains(b.script, "ticketd restore"):
				r.post(2)
				r.sh("systemctl stop ticketd.socket ticketd; rm " + database + "*; systemctl start ticketd || true") // for recover
			default:
				r.post(2)
			}
		},
		"Upgrade it": func(block, string) { r.post(2) },
	}
}

// post posts so many events as Data Theorem would, and waits for their issues.
func (r *reader) post(n int) {
	r.t.Helper()
	for range n {
		r.sent++
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, webhook,
			strings.NewReader(string(program.Opened(fmt.Sprintf("readme-%d", r.sent), 1611058000))))
		must(r.t, err)
		req.Header.Set("Authorization", r.header)
		req.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		must(r.t, err)
		must(r.t, resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			r.t.Fatalf("a post is answered with %d", resp.StatusCode)
		}
	}
	program.Eventually(r.t, fmt.Sprintf("there are %d issues", r.sent), func() bool { return len(r.jira.Issues()) == r.sent })
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
