package mapping

import "unicode/utf8"

// firstRune gives the bytes of the first character of a text that is not empty.
func firstRune(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// lastRune gives the bytes of the last character of a text that is not empty.
func lastRune(s string) int {
	_, n := utf8.DecodeLastRuneInString(s)
	return n
}
