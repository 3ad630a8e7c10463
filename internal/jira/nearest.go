package jira

import (
	"cmp"
	"slices"
	"strings"

	"ticketd/internal/outbound"
)

const (
	listed    = 12     // how many names a message lists
	wordLimit = 100    // how long each may be
	compared  = 20_000 // with how many names one is compared: an answer may bring any number
)

// list joins names for a message, the first of them where there are many.
func list(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), listed)] {
		out = append(out, outbound.Printable(n, wordLimit))
	}
	if len(names) > listed {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// orNearest ends a hint with the names that are near to one, if any are.
func orNearest(name string, names []string) string {
	if near := nearest(name, names); len(near) > 0 {
		return "; near to it are: " + list(near)
	}
	return ""
}

// nearest gives up to three names that hold a name, are held by it, or differ from it in few
// letters, the nearest first.
func nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	wanted := strings.ToLower(outbound.Printable(name, wordLimit))
	for _, n := range names[:min(len(names), compared)] {
		have := strings.ToLower(outbound.Printable(n, wordLimit))
		d := distance(wanted, have)
		within := len(wanted) > 2 && len(have) > 2 && (strings.Contains(have, wanted) || strings.Contains(wanted, have))
		if within || d <= max(1, len(wanted)/3) {
			near = append(near, candidate{n, d})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	near = slices.Compact(near)
	var out []string
	for _, c := range near[:min(len(near), 3)] {
		out = append(out, c.name)
	}
	return out
}

// distance is how many letters must be put in, taken out, changed or swapped with their neighbour to
// make one word of another.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		for j := range rows[i] {
			switch {
			case i == 0, j == 0:
				rows[i][j] = i + j
				continue
			case from[i-1] == to[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j-1], rows[i-1][j], rows[i][j-1])
			}
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], 1+rows[i-2][j-2])
			}
		}
	}
	return rows[len(from)][len(to)]
}
