package secrets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/config"
	"ticketd/internal/proof/report"
)

// env is the environment of a world's process, as config asks for it.
func (w *world) lookup(name string) (string, bool) {
	for _, pair := range w.env {
		if value, is := strings.CutPrefix(pair, name+"="); is {
			return value, true
		}
	}
	return "", false
}

// Whatever is damaged wherever, no message quotes what it stands in.
func TestNoMessageAboutADamagedConfigurationHoldsASecret(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: under the race detector it would take minutes, and nothing happens at once")
	}
	w := newWorld(t)
	right := w.configuration("/nowhere/ticketd.db")
	if _, problems := config.Parse("ticketd.toml", []byte(right), w.lookup); problems.Fatal() {
		t.Fatal(problems)
	}
	damages := []func(before, after string) string{
		func(before, _ string) string { return before },
		func(before, after string) string { return before + after[1:] },
	}
	for _, inserted := range []string{`"`, `'`, "\n", `\`, `\u00`, "=", "#", "[", "]", "{", "}", "\x00", "\xff", "“", " ", `"""`} {
		damages = append(damages, func(before, after string) string { return before + inserted + after })
	}
	n, refused := 0, 0
	for at := 0; at < len(right); at += *stride {
		for _, damage := range damages {
			n++
			_, problems := config.Parse("ticketd.toml", []byte(damage(right[:at], right[at:])), w.lookup)
			if problems.Fatal() {
				refused++
			}
			w.absent(t, fmt.Sprintf("the messages, damaged at byte %d", at), fmt.Appendf(nil, "%v %#v", problems, problems))
		}
	}
	if refused == 0 {
		t.Error("no damage was found")
	}
	report.Tell(t, report.Row{Part: "Secrets", What: fmt.Sprintf("%d damaged configurations, %d of them refused with a message", n, refused), Outcome: "no canary in a message"})
}

func TestNoMessageAboutASecretsFileHoldsItsSecret(t *testing.T) {
	w := newWorld(t)
	right := w.configuration("/nowhere/ticketd.db")
	_, text := w.privateKey(t, "another app")
	for name, spoil := range map[string]func(path string) error{
		"too open":         func(path string) error { return os.Chmod(path, 0o644) },
		"empty":            func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"two lines":        func(path string) error { return os.WriteFile(path, []byte(w.token+"\n"+w.capability), 0o600) },
		"a space":          func(path string) error { return os.WriteFile(path, []byte(w.token+" "), 0o600) },
		"a whole header":   func(path string) error { return os.WriteFile(path, []byte("Authorization: Bearer "+w.token), 0o600) },
		"too short":        func(path string) error { return os.WriteFile(path, []byte(w.token[16:24]), 0o600) },
		"a manual's":       func(path string) error { return os.WriteFile(path, []byte("your-token-"+w.token), 0o600) },
		"binary":           func(path string) error { return os.WriteFile(path, []byte(w.token+"\x00\xff"), 0o600) },
		"half a key":       func(path string) error { return os.WriteFile(path, []byte(text[:len(text)/2]), 0o600) },
		"a damaged key":    func(path string) error { return os.WriteFile(path, []byte(strings.Replace(text, "M", "N", 3)), 0o600) },
		"too large":        func(path string) error { return os.WriteFile(path, []byte(strings.Repeat(w.token, 3000)), 0o600) },
		"a folder":         func(path string) error { return os.Mkdir(path, 0o700) },
		"a link to itself": func(path string) error { return os.Symlink(path, path) },
		"not there":        func(string) error { return nil },
	} {
		for _, file := range []string{"webhook-token", "jira.pat", "github.token", "app.pem"} {
			path := filepath.Join(w.folder, file)
			kept, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if name != "too open" {
				err = os.Remove(path)
			}
			if err == nil {
				err = spoil(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, problems := config.Parse("ticketd.toml", []byte(right), w.lookup)
			w.absent(t, name+" "+file, fmt.Appendf(nil, "%v %#v", problems, problems))
			if !problems.Fatal() && (name != "two lines" || file == "webhook-token") {
				t.Errorf("%s for %s is accepted", name, file)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			w.file(t, file, string(kept))
		}
	}
}
