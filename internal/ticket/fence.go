package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// FenceDigest is the digest of the fenced part of a description, taken over its letters and digits
// alone: trackers normalise white space and line ends, and rewrite escapes, and that is no edit by
// a person.
func FenceDigest(text string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text)
	sum := sha256.Sum256([]byte(kept))
	return hex.EncodeToString(sum[:12])
}
