package mapping

import (
	"fmt"
	"strings"

	"ticketd/internal/ticket"
)

// function is a FunctionDoc with what it calls.
type function struct {
	FunctionDoc
	call any
}

// functionTable is every function, for templates whose links may lead to the portal.
func functionTable(p portal) []function {
	f := func(name, arguments, meaning, example, result string, call any) function {
		return function{FunctionDoc{name, arguments, meaning, example, result}, call}
	}
	return []function{
		f("lower", "TEXT", "in lower case", `{{lower "HIGH"}}`, "high", strings.ToLower),
		f("upper", "TEXT", "in upper case", `{{upper "high"}}`, "HIGH", strings.ToUpper),
		f("title", "TEXT", "each word with a capital letter first; the other letters stay", `{{"VERY HIGH" | lower | title}}`, "Very High", titled),
		f("trim", "TEXT", "without white space at both ends", `{{printf "[%s]" (trim "  a b ")}}`, "[a b]", strings.TrimSpace),
		f("trimPrefix", "PREFIX TEXT", "without the prefix, if it has it", `{{"www.example.com" | trimPrefix "www."}}`, "example.com", func(prefix, text string) string { return strings.TrimPrefix(text, prefix) }),
		f("trimSuffix", "SUFFIX TEXT", "without the suffix, if it has it", `{{"example.com." | trimSuffix "."}}`, "example.com", func(suffix, text string) string { return strings.TrimSuffix(text, suffix) }),
		f("trunc", "N TEXT", "the first N characters; the last -N where N is negative", `{{trunc 4 "certificate"}} {{trunc -4 "certificate"}}`, "cert cate", trunc),
		f("abbrev", "N TEXT", "at most N characters, 4 or more, the last three of them dots where it was longer", `{{abbrev 8 "certificate"}}`, "certi...", abbrev),
		f("replace", "OLD NEW TEXT", "with every OLD made NEW", `{{"NETWORK_SERVICE" | replace "_" " "}}`, "NETWORK SERVICE", replace),
		f("contains", "PART TEXT", "whether the text has the part", `{{if contains "tls" "old tls 1.0"}}yes{{end}}`, "yes", func(part, text string) bool { return strings.Contains(text, part) }),
		f("hasPrefix", "PREFIX TEXT", "whether the text begins so", `{{if "api.example.com" | hasPrefix "api."}}yes{{end}}`, "yes", func(prefix, text string) bool { return strings.HasPrefix(text, prefix) }),
		f("hasSuffix", "SUFFIX TEXT", "whether the text ends so", `{{if "api.example.com" | hasSuffix ".com"}}yes{{end}}`, "yes", func(suffix, text string) bool { return strings.HasSuffix(text, suffix) }),
		f("default", "D TEXT", "D where the text is empty", `{{"" | default "unknown"}}`, "unknown", func(fallback, text string) string { return first(text, fallback) }),
		f("coalesce", "TEXT…", "the first of the texts that is not empty", `{{coalesce "" "b" "c"}}`, "b", first),
		f("ternary", "YES NO CONDITION", "YES where the condition holds, else NO", `{{eq "HIGH" "LOW" | ternary "page" "mail"}}`, "mail", ternary),
		f("splitList", "SEPARATOR TEXT", "the list of the parts, empty of an empty text", `{{range splitList "," "a,b"}}<{{.}}>{{end}}`, "<a><b>", splitList),
		f("join", "SEPARATOR LIST", "the parts as one text", `{{splitList "," "a,b" | join " and "}}`, "a and b", join),
		f("first", "LIST", "the first part, nothing of an empty list", `{{splitList "." "api.example.com" | first}}`, "api", func(list []string) string { return first(list[:min(1, len(list))]...) }),
		f("last", "LIST", "the last part, nothing of an empty list", `{{splitList "/" "a/b/c" | last}}`, "c", func(list []string) string { return first(list[max(0, len(list)-1):]...) }),
		f("date", "LAYOUT TIME", "a time as Data Theorem sends it in Go's layout, in UTC; what is no time stays as it is", `{{date "2 Jan 2006" "2021-01-19T12:04:15+00:00"}}`, "19 Jan 2021", func(layout, text string) string { return formatTime(text, layout) }),
		f("link", "TEXT URL", "a link where the URL leads to Data Theorem's portal, else both as text", `{{link "Portal" "https://elsewhere.example"}}`, "Portal https://elsewhere.example", func(text, url string) styled { return newLink(p, text, url) }),
		f("code", "TEXT", "in fixed width", `{{code "a_b"}}`, "a_b", func(text string) styled { return styled{kind: ticket.Mono, text: text} }),
		f("print", "VALUE…", "the values as one text, as Go's", `{{print "a" 1}}`, "a1", func(a ...any) (string, error) { return printed(a, fmt.Sprint) }),
		f("println", "VALUE…", "likewise, with spaces between and a line end", `{{println "a" 1}}`, "a 1", func(a ...any) (string, error) { return printed(a, fmt.Sprintln) }),
		f("printf", "FORMAT VALUE…", "the values in the format, as Go's", `{{printf "%s-%03d" "a" 7}}`, "a-007", func(format string, a ...any) (string, error) {
			return printed(a, func(a ...any) string { return fmt.Sprintf(format, a...) })
		}),
	}
}
