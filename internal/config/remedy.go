package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// ourCredentials is how the names of the credentials begin that the unit in packaging/systemd takes.
const ourCredentials = "ticketd."

// remedy says what to do about a file that cannot be used.
func (f *secretFile) remedy(err error) string {
	switch {
	case errors.Is(err, errNotRoots):
		return "chown root:root " + f.path
	case errors.Is(err, errReadable) && f.from == handedOver:
		return "see the unit's LoadCredential="
	case errors.Is(err, errReadable) && f.from == stored:
		return "chmod 600 " + f.path
	case errors.Is(err, errReadable):
		return "chmod 600"
	case errors.Is(err, errEmpty) && f.from == given:
		return ""
	case errors.Is(err, errEmpty):
		return "write it anew: " + makeSecret(filepath.Join(credentialStore, filepath.Base(f.path)))
	case errors.Is(err, fs.ErrPermission) && f.from == stored:
		return "only root reads " + filepath.Dir(f.path) + ": use sudo"
	case errors.Is(err, fs.ErrNotExist) && f.from == stored:
		return "make it: " + makeSecret(f.path)
	case errors.Is(err, fs.ErrNotExist) && f.from == handedOver:
		name := filepath.Base(f.path)
		return fmt.Sprintf("make it: %s; the unit needs LoadCredential=%s, and a restart", makeSecret(filepath.Join(credentialStore, name)), name)
	case !filepath.IsAbs(f.path):
		return "check the path, which begins where ticketd is started, and its owner"
	}
	return "check the path and its owner"
}

// makeSecret gives the command that makes the file of a secret: a token of our own is drawn, others are
// pasted.
func makeSecret(path string) string {
	source := "cat"
	if name := strings.TrimPrefix(filepath.Base(path), ourCredentials); strings.HasPrefix(name, "webhook-token") || name == "capability" {
		source = "openssl rand -hex 32"
	}
	return fmt.Sprintf("sudo sh -c 'umask 077; %s > %s'", source, path)
}
