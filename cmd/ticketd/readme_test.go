package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The mapping chapter of the README gives a head, then examples: a configuration in TOML and, beneath
// it, the commands to ask of it. The test does with each what a reader does: it saves the head and the
// example as ticketd.toml and runs the commands in the folder of the project.
func TestEveryExampleOfTheMappingChapterIsAsTheReadmeSays(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	examples, variables := mappingChapter(t, filepath.Join(root, "README.md"))
	if len(examples) < 7 {
		t.Fatalf("%d examples in the chapter", len(examples))
	}
	for name, e := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := standIn(t, root)
			if err := os.WriteFile(filepath.Join(dir, "ticketd.toml"), []byte(e.toml), 0o600); err != nil {
				t.Fatal(err)
			}
			script := "set -e\n" + variables + e.commands
			c := exec.CommandContext(t.Context(), shell, "-c", script)
			c.Dir = dir
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Run(); err != nil {
				t.Errorf("%v\n%s\n%s", err, script, out.String())
			}
		})
	}
}

// standIn makes a folder that looks like the project's to the commands: bin/ticketd is this test.
func standIn(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{self: "bin/ticketd", filepath.Join(root, "internal"): "internal"} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type example struct{ toml, commands string }

// mappingChapter gives the examples by their headings, each under the chapter's head, and the
// variables that all of them use.
func mappingChapter(t *testing.T, readme string) (examples map[string]example, variables string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, found := strings.Cut(string(text), "\n## Write the mapping\n")
	if !found {
		t.Fatal("the README has no mapping chapter")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	sections := strings.Split(chapter, "\n### ")
	head := fenced(sections[0], "toml")
	variables = fenced(sections[0], "sh")
	examples = make(map[string]example)
	last := ""
	for _, s := range sections[1:] {
		name, _, _ := strings.Cut(s, "\n")
		if toml := fenced(s, "toml"); toml != "" {
			last = head + "\n" + toml
		}
		examples[name] = example{toml: last, commands: fenced(s, "sh")}
		if examples[name].commands == "" {
			t.Errorf("the example %q says nothing to run", name)
		}
	}
	return examples, variables
}

// fenced gives the first block of a language, "" where there is none.
func fenced(text, language string) string {
	_, block, found := strings.Cut(text, "\n```"+language+"\n")
	if !found {
		return ""
	}
	block, _, _ = strings.Cut(block, "\n```")
	return block + "\n"
}
