package jira

import (
	"fmt"
	"regexp"
	"strings"

	"ticketd/internal/outbound"
)

var reBareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// tomlKey writes a name as a key of TOML, quoted where it must be.
func tomlKey(name string) string {
	if reBareKey.MatchString(name) {
		return name
	}
	return tomlText(name)
}

// tomlText writes a text as a string of TOML. The text comes from an answer: it is made one
// printable line first, so that nothing but a quote and a backslash needs an escape.
func tomlText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(outbound.Printable(s, 200)) + `"`
}

// tomlTexts writes a list of texts.
func tomlTexts(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = tomlText(s)
	}
	return fmt.Sprintf("[%s]", strings.Join(quoted, ", "))
}
