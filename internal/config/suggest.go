package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unknownHint names the key that was probably meant, or all there are.
func unknownHint[V any](name string, known map[string]V) string {
	names := slices.Sorted(maps.Keys(known))
	if near := nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "known here: " + strings.Join(names, ", ")
}

// nearest gives the name that differs least, else one that begins with the word, "" where none is
// near. Case, "-" and "_" do not count.
func nearest(name string, names []string) string {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	best, found := len(name)/3+2, ""
	for _, candidate := range names {
		if n := distance(fold(name), fold(candidate)); n < best && n < len(candidate) {
			best, found = n, candidate
		}
	}
	if i := slices.IndexFunc(names, func(s string) bool { return strings.HasPrefix(fold(s), fold(name)) }); found == "" && len(name) > 2 && i >= 0 {
		return names[i]
	}
	return found
}

// distance counts the bytes to add, drop or change to turn one word into another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
