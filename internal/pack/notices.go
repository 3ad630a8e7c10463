package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// notices gives the licences of the modules that are in a binary, and of Go itself, as most of them ask
// of those who pass a binary on. A module without any is an error.
func notices(ctx context.Context, modules []*debug.Module) ([]byte, error) {
	root, err := goTold(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(modules))
	for i, module := range modules {
		names[i] = module.Path
	}
	folders, err := goTold(ctx, append([]string{"list", "-m", "-f", "{{.Path}} {{.Version}}\t{{.Dir}}"}, names...)...)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for line := range strings.Lines("Go\t" + root + "\n" + folders + "\n") {
		name, folder, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if err := notice(&b, name, folder); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// notice appends what one module says of its licence.
func notice(b *bytes.Buffer, name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("reading the files of %s: %w", name, err)
	}
	found := false
	for _, entry := range entries { // in the order of their names
		if entry.IsDir() || !regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)`).MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return fmt.Errorf("reading a licence of %s: %w", name, err)
		}
		fmt.Fprintf(b, "==== %s: %s\n\n%s\n\n", name, entry.Name(), bytes.TrimSpace(text))
		found = true
	}
	if !found {
		return fmt.Errorf("%s has no licence among its files", name)
	}
	return nil
}

// goTold asks the go command.
func goTold(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("asking go %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
