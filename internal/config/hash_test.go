package config

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheHashIsThatOfTheFilesOneAfterTheOther(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "ticketd.toml")
	parts := []string{
		"include = [\"rules.toml\"]\n[[server.token]]\nname = \"x\"\nsha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n" +
			"[github.main]\ntoken_file = \"$CREDENTIALS_DIRECTORY/github-token\"\n",
		"[[rule]]\ntracker = \"main\"\nrepository = \"a/b\"\n",
	}
	write(t, file, parts[0], 0o600)
	write(t, filepath.Join(folder, "rules.toml"), parts[1], 0o600)
	c, problems := Load(file, environ(t, map[string]string{"TICKETD_LOG_LEVEL": "debug"}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(parts, ""))))[:16]; c.Hash != want {
		t.Errorf("the hash is %s, want %s", c.Hash, want)
	}
	write(t, filepath.Join(folder, "rules.toml"), parts[1]+"labels = [\"x\"]\n", 0o600)
	if changed, problems := Load(file, environ(t, nil)); len(problems) > 0 || changed.Hash == c.Hash {
		t.Errorf("a changed rule leaves it: %s, %v", c.Hash, problems)
	}
}

func TestTheHashTellsNothingOfASecret(t *testing.T) {
	text, err := os.ReadFile("testdata/good/both.toml")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(text string) string {
		c, problems := Parse("x.toml", []byte(text), environ(t, nil))
		if problems.Fatal() {
			t.Fatal(problems)
		}
		return c.Hash
	}
	before := hash(string(text))
	for old, replaced := range map[string]string{
		"Bearer 0d93b1a6e2c84f57a1b8c6d2e4f09375": "another-secret-of-thirty-six-letters",
		"0d93b1a6e2c84f57a1b8c6d2e4f09377":        "yet-another-secret-of-more-letters",
	} {
		changed := strings.ReplaceAll(string(text), old, replaced)
		if changed == string(text) {
			t.Fatalf("%s is not in the file", old)
		}
		if after := hash(changed); after != before {
			t.Errorf("without %s the hash is %s, with it %s", old, after, before)
		}
	}
	if hash(string(text)+"\n# a comment\n") == before {
		t.Error("what is no secret is left out, too")
	}
}
