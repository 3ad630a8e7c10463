package mapping

import (
	"strconv"
	"strings"
)

// didYouMean is a hint with the nearest of the names, or with all of them where none is near.
func didYouMean(got string, names []string) string {
	if best, ok := nearest(got, names); ok {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	if len(names) == 0 {
		return ""
	}
	return "use one of " + strings.Join(names, ", ")
}

// nearest gives the name that is most like what was written, if one is like it at all.
func nearest(got string, names []string) (best string, near bool) {
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
