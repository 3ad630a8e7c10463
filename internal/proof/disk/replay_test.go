package disk_test

import (
	"maps"
	"math/rand/v2"
)

// disk plays what a disk may hold when its power fails: what a file held at its last fsync, and any
// part of what was written to it since. Files are created and unlinked in order; a journal makes that
// durable with the next fsync, of the folder or of any file.
type disk struct {
	names   map[string]*inode // as programs see them
	durable map[string]*inode // as the folder on the disk has them
	pending []map[string]*inode
}

// inode is the content of a file.
type inode struct {
	durable []byte
	pending []call // writes and truncates since the last fsync
}

func newDisk() *disk {
	return &disk{names: make(map[string]*inode), durable: make(map[string]*inode)}
}

// do lets a call have its effect.
func (d *disk) do(c call) {
	switch c.kind {
	case create:
		d.names[c.suffix] = new(inode)
		d.pending = append(d.pending, maps.Clone(d.names))
	case unlink:
		delete(d.names, c.suffix)
		d.pending = append(d.pending, maps.Clone(d.names))
	case write, truncate:
		if f := d.names[c.suffix]; f != nil {
			f.pending = append(f.pending, c)
		}
	case syncFile:
		if f := d.names[c.suffix]; f != nil {
			for _, p := range f.pending {
				f.durable = p.apply(f.durable)
			}
			f.pending = nil
		}
		d.journal()
	case syncFolder:
		d.journal()
	case accepted: // says something about the program, not about the disk
	}
}

func (d *disk) journal() {
	d.durable, d.pending = maps.Clone(d.names), nil
}

// loss is how much of what was not synced is gone.
type loss int

const (
	all     loss = iota // nothing of it reached the disk
	some                // some writes did
	torn                // some sectors of some writes did
	nothing             // all of it did: as after kill -9
	losses              // how many there are
)

// fail gives the files of the disk after a power failure.
func (d *disk) fail(l loss, rng *rand.Rand) files {
	names := d.durable
	if n := len(d.pending); n > 0 && l != all {
		if l == nothing {
			names = d.pending[n-1]
		} else if i := rng.IntN(n + 1); i > 0 {
			names = d.pending[i-1]
		}
	}
	out := make(files, len(names))
	for suffix, f := range names {
		out[suffix] = f.fail(l, rng)
	}
	return out
}

func (f *inode) fail(l loss, rng *rand.Rand) []byte {
	content := append([]byte(nil), f.durable...)
	for _, p := range f.pending {
		switch {
		case l == nothing:
			content = p.apply(content)
		case l == all || rng.IntN(2) == 0:
		case l == torn && p.kind == write:
			content = p.tear(content, rng)
		default:
			content = p.apply(content)
		}
	}
	return content
}

// apply gives the content after a write or truncate, which may change the one given.
func (c call) apply(content []byte) []byte {
	if c.kind == truncate {
		return resized(content, int(c.number))
	}
	content = resized(content, max(len(content), int(c.number)+len(c.data)))
	copy(content[c.number:], c.data)
	return content
}

// sector is what a disk writes whole.
const sector = 512

// tear applies some sectors of a write.
func (c call) tear(content []byte, rng *rand.Rand) []byte {
	for from := int64(0); from < int64(len(c.data)); {
		to := min(int64(len(c.data)), from+sector-(c.number+from)%sector)
		if rng.IntN(2) == 0 {
			content = call{kind: write, data: c.data[from:to], number: c.number + from}.apply(content)
		}
		from = to
	}
	return content
}

func resized(content []byte, size int) []byte {
	if size <= len(content) {
		return content[:size]
	}
	return append(content, make([]byte, size-len(content))...)
}
