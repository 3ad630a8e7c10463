package doctor

import (
	"strconv"
	"strings"
)

// place finds the position of the first of the keys that there is.
func (e *Entry) place(position Position, keys ...[]string) {
	for _, key := range keys {
		if len(key) > 0 {
			e.Key, e.Name = key, nameOf(key)
			e.File, e.Line, _ = position(key)
			return
		}
	}
}

// nameOf writes the path of a key as people write it: rule[2].priority.HIGH, the index from 0.
func nameOf(path []string) string {
	var b strings.Builder
	for i, part := range path {
		switch {
		case i > 0 && index(path[i-1], part):
			b.WriteString("[" + part + "]")
			continue
		case i > 0:
			b.WriteByte('.')
		}
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			part = strconv.Quote(part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// index tells whether a part of a path counts in a list rather than naming a key of a table, where
// names may be of digits alone.
func index(of, part string) bool {
	switch of {
	case "fields", "priority", "due", "profile", "path":
		return false
	}
	return part != "" && strings.Trim(part, "0123456789") == ""
}
