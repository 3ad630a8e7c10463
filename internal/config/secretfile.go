package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// maxSecret bounds a file that holds a secret, in bytes.
const maxSecret = 64 << 10

const (
	// credentialsVariable is what systemd sets for a unit with LoadCredential=.
	credentialsVariable = "CREDENTIALS_DIRECTORY"

	// credentialStore is where systemd takes a credential from that LoadCredential= names without a path
	// (systemd.exec(5)). Outside of a unit it stands in for the folder of the variable.
	credentialStore = "/etc/credstore"
)

var (
	errNotRegular = errors.New("is no regular file")
	errTooLarge   = errors.New("is larger than 64 KiB")
	errReadable   = errors.New("others can read it")
	errNotRoots   = errors.New("it does not belong to root")
	errEmpty      = errors.New("is empty")
)

// secretFile makes a Secret of a file; where it cannot be used it says why and reports false.
func (k checker) secretFile(at []string, name string) (Secret, bool) {
	file, ok := k.expand(at, name)
	if !ok {
		return Secret{}, false
	}
	value, err := file.read()
	if err != nil {
		k.unusable(at, file, err)
		return Secret{}, false
	}
	file.last = value
	return Secret{reveal: file.reveal}, true
}

// unusable reports a file that cannot be used.
func (k checker) unusable(at []string, file *secretFile, err error) {
	switch {
	case errors.Is(err, errReadable):
		k.problem(at, "the file can be read by others", file.remedy(err))
	case errors.Is(err, errEmpty):
		k.problem(at, "the file is empty", file.remedy(err))
	default:
		k.problem(at, "the file cannot be used: "+reason(err), file.remedy(err))
	}
}

// expand replaces systemd's folder at the beginning of a path.
func (k checker) expand(at []string, name string) (*secretFile, bool) {
	for _, prefix := range []string{"$" + credentialsVariable + "/", "${" + credentialsVariable + "}/"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		if folder, _ := k.env(credentialsVariable); folder != "" {
			return &secretFile{path: filepath.Join(folder, rest), from: handedOver, losses: k.losses}, true
		}
		return &secretFile{path: filepath.Join(k.credstore, rest), from: stored, losses: k.losses}, true
	}
	if name == "" {
		k.problem(at, "is empty", "name the file")
		return nil, false
	}
	return &secretFile{path: name, losses: k.losses}, true
}

// origin is how a file came to its place, which decides who may be allowed to read it.
type origin int

const (
	given      origin = iota // its path is configured
	handedOver               // by systemd, in a folder of its own, where the group bits are the mask of an access list
	stored                   // for systemd, by root
)

// secretFile is a file that holds one secret.
type secretFile struct {
	path   string
	from   origin
	losses *losses

	mu   sync.Mutex
	last string // content when it could last be read
	lost string // what was wrong with it since then; "": nothing
}

// reveal reads the file again, so that a rotated secret is used without a restart. What became
// unusable meanwhile is told of once, and the last good content is used on.
func (f *secretFile) reveal() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	value, err := f.read()
	if err == nil {
		f.last, f.lost = value, ""
		return value
	}
	if why := reason(err); why != f.lost {
		f.lost = why
		f.losses.add(Loss{File: f.path, Text: why, Hint: f.remedy(err)})
	}
	return f.last
}

// read gives the content without line breaks at the end. A link is followed: what it leads to must be
// private.
func (f *secretFile) read() (string, error) {
	data, err := readSmall(f.path, f.private)
	value := strings.TrimRight(string(data), "\r\n")
	if err == nil && value == "" {
		err = errEmpty
	}
	return value, err
}

// private refuses a file that others than its owner can read or write.
func (f *secretFile) private(info fs.FileInfo) error {
	forbidden := fs.FileMode(0o077)
	if f.from == handedOver {
		forbidden = 0o007
	}
	if info.Mode()&forbidden != 0 {
		return errReadable
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && f.from == stored && owner.Uid != 0 {
		return errNotRoots
	}
	return nil
}

// readSmall reads a file that allow takes. It is looked at when it is open already, so that it is the
// one that is read, and opened without waiting, for a pipe would make it wait for ever.
func readSmall(path string, allow func(fs.FileInfo) error) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read from
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	if err := allow(info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errTooLarge
	}
	return data, err
}
