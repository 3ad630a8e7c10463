package config

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[hidden]"

// Secret is a value that no way of printing shows. The zero Secret is empty. It holds a function
// instead of a string, so that even the formatting of an unexported field, where no method is
// called, finds nothing to show.
type Secret struct{ reveal func() string }

// NewSecret makes a secret of a fixed value; "" makes the empty Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return value }}
}

// Reveal gives the value as it is now. Where it comes from a file that is the file's present
// content, or the last content that could be read. Its use is Authorization headers, nothing else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero tells whether no secret was given.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Digest is the SHA-256 of the value as it is now. It tells whether a secret was replaced. It is not to
// be shown: it would tell a weak secret to who guesses it.
func (s Secret) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(s.Reveal())) }

// String gives "[hidden]".
func (Secret) String() string { return hidden }

// GoString gives "[hidden]".
func (Secret) GoString() string { return hidden }

// Format writes "[hidden]" for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // fmt reports a failing writer itself
}

// MarshalText gives "[hidden]", for encoders of every kind.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON gives "[hidden]" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue gives "[hidden]" to slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
