package config

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAPipeInPlaceOfASecretIsNotWaitedFor(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	text := "[server]\ntls_cert_file = '" + pipe + "'\ntls_key_file = '" + pipe + "'\n[[server.token]]\nname = \"x\"\nvalue_file = '" + pipe + "'\n"
	_, problems := Parse("x.toml", []byte(text), nowhere)
	if n := strings.Count(problems.String(), "is no regular file"); n != 2 {
		t.Errorf("told %d times: %v", n, problems)
	}
}
