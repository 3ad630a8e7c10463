package mapping

import (
	"strconv"
	"strings"
)

// didYouMean is a hint with the nearest of the names, or with all of them where none is near.
func didYouMean(got string, names []string) string {
	best, distance := "", max(1, len(got)/3)+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(got), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	if best != "" {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	if len(names) == 0 {
		return ""
	}
	return "use one of " + strings.Join(names, ", ")
}

// editDistance is the number of characters to insert, delete or replace.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(to)]
}
