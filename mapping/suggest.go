package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a hint: so many names as there are to choose from, or that are like what was written.
const (
	maxNames = 15
	maxLike  = 5
)

// seeReference is where every name of the mapping stands.
const seeReference = "docs/mapping.md lists what there is"

// didYouMean is a hint with the nearest of the names, or with all of them where none is near.
func didYouMean(got string, names []string) string {
	if best, ok := nearest(got, names); ok {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	switch more := len(names) - maxNames; {
	case len(names) == 0:
		return ""
	case more > 0:
		return fmt.Sprintf("use one of %s and %d more", strings.Join(names[:maxNames], ", "), more)
	}
	return "use one of " + strings.Join(names, ", ")
}

// inReference is a hint with the nearest of names that docs/mapping.md lists, with a few that share a
// word with it where none is near, or with none.
func inReference(got string, names []string) string {
	if best, ok := nearest(got, names); ok {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	like := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !alike(got, name) })
	if len(like) == 0 {
		return seeReference
	}
	return "perhaps " + strings.Join(like[:min(len(like), maxLike)], ", ") + "; " + seeReference
}

// alike tells whether one of the words of what was written is in the name.
func alike(got, name string) bool {
	const shortest = 3
	for word := range strings.SplitSeq(strings.ToLower(got), "_") {
		if len(word) >= shortest && strings.Contains(strings.ToLower(name), word) {
			return true
		}
	}
	return false
}

// nearest gives the name that is most like what was written, if one is like it at all.
func nearest(got string, names []string) (best string, near bool) {
	if got == "" {
		return "", false
	}
	distance := max(1, len(got)/3) + 1
	for _, name := range names {
		if d := editDistance(strings.ToLower(got), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best, best != ""
}

// editDistance is the number of characters to insert, delete, replace or swap with their neighbour.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, above := make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range above {
		above[j] = j
	}
	for i := range from {
		row := make([]int, len(to)+1)
		row[0] = i + 1
		for j := range to {
			replaced := above[j]
			if from[i] != to[j] {
				replaced++
			}
			row[j+1] = min(row[j]+1, above[j+1]+1, replaced)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(to)]
}
