package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// clear removes what was staged, and packages of other versions: who takes what a folder has takes no earlier
// one by mistake.
func (b builder) clear() error {
	if err := os.RemoveAll(b.staged()); err != nil {
		return fmt.Errorf("clearing: %w", err)
	}
	there, err := filepath.Glob(filepath.Join(b.folder, "ticketd*"))
	if err != nil {
		return fmt.Errorf("clearing: %w", err)
	}
	ours := regexp.MustCompile(`^ticketd(_` + regexp.QuoteMeta(b.version) + `_|-` + regexp.QuoteMeta(b.version) + `-1\.)`)
	for _, file := range there {
		if ours.MatchString(filepath.Base(file)) {
			continue // of another architecture, perhaps
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("clearing: %w", err)
		}
	}
	return nil
}

// write stages a file. Manual pages, the changelog and notices are compressed, as packages want them.
func (b builder) write(text []byte, name ...string) error {
	path := b.staged(name...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	if regexp.MustCompile(`\.[15]$|^changelog$|^third-party`).MatchString(filepath.Base(path)) {
		text, path = compressed(text), path+".gz"
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// compressed gives gzip's best without a name and a time.
func compressed(text []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(text) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// changelog is the one that Debian's policy asks for; what changed is told by the project's history.
func (b builder) changelog() []byte {
	return fmt.Appendf(nil, "ticketd (%s) unstable; urgency=medium\n\n  * Built from commit %s.\n\n -- %s  %s\n",
		b.version, b.commit.hash, b.maintainer, b.commit.time.Format(time.RFC1123Z))
}
