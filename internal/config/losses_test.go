package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASecretsFileThatCannotBeUsedAnyMoreIsToldOfOnceAndItsLastContentIsUsedOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	const good = "0d93b1a6e2c84f57a1b8c6d2e4f09375"
	write(t, file, good, 0o600)
	text := "[[server.token]]\nname = \"x\"\nvalue = \"b92e1d7cf3ea58649032d5e8c7fa146b\"\n[github.main]\ntoken_file = '" + file + "'\n"
	c, problems := Parse("x.toml", []byte(text), nowhere)
	if problems.Fatal() {
		t.Fatal(problems)
	}
	var told []Loss
	c.OnLoss(func(l Loss) { told = append(told, l) })
	expect := func(step, token string, losses ...string) {
		t.Helper()
		for range 3 { // it is read for every use
			if got := c.GitHub["main"].Token.Reveal(); got != token {
				t.Errorf("%s: the token is %q, want %q", step, got, token)
			}
		}
		if len(told) != len(losses) {
			t.Fatalf("%s: told %+v, want %q", step, told, losses)
		}
		for i, want := range losses {
			if told[i].File != file || !strings.Contains(told[i].Text+" ("+told[i].Hint+")", want) || strings.Contains(told[i].Text, good) {
				t.Errorf("%s: told %+v, want %q", step, told[i], want)
			}
		}
		told = nil
	}
	chmod := func(mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	expect("at first", good)

	write(t, file, "replaced-0d93b1a6e2c84f57", 0o600)
	chmod(0o644)
	expect("others can read the new one", good, "others can read it (chmod 600)")
	chmod(0o600)
	expect("it is private", "replaced-0d93b1a6e2c84f57")

	chmod(0o640)
	expect("a group can read it", "replaced-0d93b1a6e2c84f57", "others can read it")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect("it is gone", "replaced-0d93b1a6e2c84f57", "no such file or directory")
	write(t, file, "\n", 0o600)
	chmod(0o600)
	expect("it is empty", "replaced-0d93b1a6e2c84f57", "is empty")
	write(t, file, "third-0d93b1a6e2c84f57a1b8", 0o600)
	expect("it is good again", "third-0d93b1a6e2c84f57a1b8")
	chmod(0o644)
	expect("and bad again", "third-0d93b1a6e2c84f57a1b8", "others can read it")
}

func TestALinkToASecretIsFollowedAndWhatItLeadsToMustBePrivate(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "token"), filepath.Join(folder, "link")
	write(t, file, "0d93b1a6e2c84f57a1b8c6d2e4f09375", 0o600)
	if err := os.Symlink("token", link); err != nil {
		t.Fatal(err)
	}
	text := []byte("[[server.token]]\nname = \"x\"\nvalue_file = '" + link + "'\n[github.main]\ntoken = \"0d93b1a6e2c84f57a1b8\"\n")
	if _, problems := Parse("x.toml", text, nowhere); problems.Fatal() {
		t.Error(problems)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, problems := Parse("x.toml", text, nowhere); !strings.Contains(problems.String(), "the file can be read by others") {
		t.Errorf("a link hides who can read it: %v", problems)
	}
}
