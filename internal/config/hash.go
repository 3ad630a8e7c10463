package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// hashDigits is the length of [Config.Hash].
const hashDigits = 16

// hash is [Config.Hash]. A secret that stands in a file is left out: the hash is shown to whoever sees
// the metrics, and would tell them when they have guessed it.
func (d *document) hash() string {
	sum := sha256.New()
	for _, f := range d.files {
		from := 0
		for _, secret := range d.secretsIn(f) {
			_, _ = sum.Write(f.data[from:secret.from]) // never fails
			from = secret.to
		}
		_, _ = sum.Write(f.data[from:])
	}
	return hex.EncodeToString(sum.Sum(nil))[:hashDigits]
}

// secretsIn gives the secrets of a file in the order in which they stand there.
func (d *document) secretsIn(f *file) []*node {
	in := slices.DeleteFunc(slices.Clone(d.secrets), func(n *node) bool { return n.in != f })
	slices.SortFunc(in, func(a, b *node) int { return cmp.Compare(a.from, b.from) })
	return in
}
