package mapping

import (
	"strings"
	"unicode"

	"ticketd/internal/finding"
)

// maxHeadline is where a derived title is cut, in characters, so that the asset after it is still
// seen in a list of issues.
const maxHeadline = 110

// title gives the rule's title, or the headline where there is none or it comes out empty. A digest
// has its own.
func (v View) title(s Subject, d Data) string {
	if s.Digest {
		return v.digestTitle()
	}
	if v.rule.title != nil {
		if line, err := v.rule.title.line(d); err == nil && line != "" {
			return line
		}
	}
	return d.Headline
}

// headline makes a title of what the finding tells. Violations are sent without one
// (facts/datatheorem.md 3.1): the first sentence of the description has to do.
func headline(f finding.Finding) string {
	what := shorten(subject(f), maxHeadline)
	where := told(f.Get(finding.AssetName), f.Get(finding.AppName))
	if where == "" || strings.Contains(what, where) {
		return what
	}
	return what + " · " + shorten(where, maxHeadline)
}

func subject(f finding.Finding) string {
	if f.Key.Kind == finding.Service {
		name := told(f.Get(finding.AssetName), f.Get(finding.AssetURL), f.Get(finding.Title), f.Key.UUID)
		return "Network service discovered: " + name
	}
	if known := told(f.Get(finding.Title), f.Get(finding.PolicyRuleTitle)); known != "" {
		return known
	}
	if f.Key.Kind == finding.Target {
		return "Mobile Secure finding" + inApp(f)
	}
	return told(firstSentence(f.Get(finding.Description)), "Policy violation "+f.Key.UUID)
}

func inApp(f finding.Finding) string {
	if app := appCalled(f); app != "" {
		return " in " + app
	}
	return " " + f.Key.UUID
}

// told gives the first of the texts that says anything, as one line.
func told(texts ...string) string {
	for _, t := range texts {
		if l := oneLine(t); l != "" {
			return l
		}
	}
	return ""
}

// firstSentence ends at a full stop, question or exclamation mark that is followed by a space and
// no lower-case letter ("e.g. this" goes on), or with the paragraph.
func firstSentence(text string) string {
	line := told(paragraphs(text)...)
	for i, r := range line {
		if !strings.ContainsRune(".!?", r) || !strings.HasPrefix(line[i+1:], " ") {
			continue
		}
		next := strings.TrimLeft(line[i+1:], " ")
		if !unicode.IsLower([]rune(next[:firstRune(next)])[0]) {
			return strings.TrimSuffix(line[:i+1], ".")
		}
	}
	return strings.TrimSuffix(line, ".")
}

// paragraphs cuts a text at its empty lines.
func paragraphs(text string) []string {
	var out []string
	var lines []string
	for line := range strings.Lines(text + "\n\n") {
		if line = strings.TrimRightFunc(line, unicode.IsSpace); line != "" {
			lines = append(lines, line)
		} else if lines != nil {
			out, lines = append(out, strings.Join(lines, "\n")), nil
		}
	}
	return out
}

// oneLine folds white space and control characters to single spaces.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// shorten cuts to at most n characters, at a word where one ends in the second half.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	kept := string(runes[:n-1])
	if i := strings.LastIndexByte(kept, ' '); i > len(kept)/2 && runes[n-1] != ' ' {
		kept = kept[:i]
	}
	return strings.TrimRight(kept, " ,;:.–-") + "…"
}
