package config

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// maxSecret bounds a file that holds a secret, in bytes.
const maxSecret = 64 << 10

// credentialsVariable is what systemd sets for a unit with LoadCredential=.
const credentialsVariable = "CREDENTIALS_DIRECTORY"

var (
	errNotRegular = errors.New("is no regular file")
	errTooLarge   = errors.New("is larger than 64 KiB")
	errReadable   = errors.New("others can read it")
)

// secretFile makes a Secret of a file; where it cannot be used it says why and reports false.
func (k checker) secretFile(at []string, name string) (Secret, bool) {
	file, ok := k.expand(at, name)
	if !ok {
		return Secret{}, false
	}
	value, err := file.read()
	switch {
	case errors.Is(err, errReadable):
		k.problem(at, "the file can be read by others", "chmod 600")
	case err != nil:
		hint := "check the path and its owner"
		if !filepath.IsAbs(file.path) {
			hint = "check the path, which begins where ticketd is started, and its owner"
		}
		k.problem(at, "the file cannot be used: "+reason(err), hint)
	case value == "":
		k.problem(at, "the file is empty", "")
	default:
		file.last = value
		return Secret{reveal: file.reveal}, true
	}
	return Secret{}, false
}

// expand replaces systemd's folder at the beginning of a path.
func (k checker) expand(at []string, name string) (*secretFile, bool) {
	for _, prefix := range []string{"$" + credentialsVariable + "/", "${" + credentialsVariable + "}/"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		folder, _ := k.env(credentialsVariable)
		if folder == "" {
			k.problem(at, credentialsVariable+" is not set", "only systemd sets it, for a unit with LoadCredential=")
			return nil, false
		}
		return &secretFile{path: filepath.Join(folder, rest), shared: true}, true
	}
	if name == "" {
		k.problem(at, "is empty", "name the file")
		return nil, false
	}
	return &secretFile{path: name}, true
}

// secretFile is a file that holds one secret.
type secretFile struct {
	path   string
	shared bool // in systemd's folder, where the group bits are the mask of an access list

	mu   sync.Mutex
	last string // content when it could last be read
}

// reveal reads the file again, so that a rotated secret is used without a restart.
func (f *secretFile) reveal() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if value, err := f.read(); err == nil && value != "" {
		f.last = value
	}
	return f.last
}

// read gives the content without line breaks at the end. It looks before it opens, for opening a
// pipe would wait for ever.
func (f *secretFile) read() (string, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return "", err
	}
	forbidden := os.FileMode(0o077)
	if f.shared {
		forbidden = 0o007
	}
	switch {
	case !info.Mode().IsRegular():
		return "", errNotRegular
	case info.Mode()&forbidden != 0:
		return "", errReadable
	}
	file, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errTooLarge
	}
	return strings.TrimRight(string(data), "\r\n"), err
}
