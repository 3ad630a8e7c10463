package mapping

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/finding"
)

// matcher is a compiled [Match]: all conditions must hold.
type matcher []condition

// condition asks one thing of a finding.
type condition struct {
	key    string                         // what is asked, as TOML names it below match: "severity", "path a.b"
	single bool                           // there is exactly one value
	values func(finding.Finding) []string // never empty: an absent attribute is the empty text
	any    []pattern                      // one of them must match a value; empty: all match
	none   []pattern                      // none of them may match a value
	at     place                          // of the key
}

// pattern is a glob with what was written.
type pattern struct {
	glob
	text string // with its leading "!"
	at   place
}

// refuses gives the first condition that does not hold, nil where all do.
func (m matcher) refuses(f finding.Finding) *condition {
	for i := range m {
		if !m[i].holds(f) {
			return &m[i]
		}
	}
	return nil
}

func (c condition) holds(f finding.Finding) bool {
	values := lowered(c.values(f))
	return (len(c.any) == 0 || fitsAny(c.any, values) != nil) && fitsAny(c.none, values) == nil
}

func lowered(values []string) []string {
	for i := range values {
		values[i] = strings.ToLower(values[i])
	}
	return values
}

// fitsAny gives the first of the patterns that one of the values fits, nil where none does.
func fitsAny(patterns []pattern, values []string) *pattern {
	for i := range patterns {
		if slices.ContainsFunc(values, patterns[i].matches) {
			return &patterns[i]
		}
	}
	return nil
}

// attribute is a member of [Match] with its key in TOML, which is a field of [Fields].
type attribute struct {
	key      string
	patterns Patterns
}

func (m Match) attributes() []attribute {
	return []attribute{
		{string(finding.Product), m.Product},
		{fieldKind, m.Kind},
		{string(finding.Severity), m.Severity},
		{string(finding.Relevance), m.Relevance},
		{string(finding.Title), m.Title},
		{string(finding.Category), m.Category},
		{string(finding.AssetName), m.AssetName},
		{string(finding.AssetType), m.AssetType},
		{string(finding.AssetGroup), m.AssetGroup},
		{string(finding.AssetURL), m.AssetURL},
		{string(finding.Policy), m.Policy},
		{string(finding.PolicyRule), m.PolicyRule},
		{string(finding.PolicyRuleType), m.PolicyRuleType},
		{string(finding.AppID), m.AppID},
		{string(finding.AppName), m.AppName},
		{string(finding.Platform), m.Platform},
	}
}

// compileMatch compiles what matches need; patterns that match everything add no condition.
func compileMatch(m Match, at place, rep *report) matcher {
	var out matcher
	for _, a := range m.attributes() {
		c, ok := compilePatterns(a.patterns, at.key(a.key), rep)
		if ok {
			c.key, c.single = a.key, true
			c.values = func(f finding.Finding) []string { return []string{fieldValue(f, a.key)} }
			out = append(out, c)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(m.Path)) {
		steps := strings.Split(path, ".")
		if slices.Contains(steps, "") {
			rep.add(at.key("path", path), "the path has an empty step", `write it as member.member, e.g. "affected_asset.hosted_on"`)
			continue
		}
		c, ok := compilePatterns(m.Path[path], at.key("path", path), rep)
		if ok {
			c.key = "path " + path
			c.values = func(f finding.Finding) []string { return lookup(f, steps) }
			out = append(out, c)
		}
	}
	return out
}

// maxPattern bounds the bytes of a pattern, and with it the time that matching takes.
const maxPattern = 512

// compilePatterns gives the condition without its values, or false where nothing is asked.
func compilePatterns(p Patterns, at place, rep *report) (condition, bool) {
	c := condition{at: at}
	for i, written := range p {
		at := elementPlace(at, len(p), i)
		text, excludes := strings.CutPrefix(written, "!")
		switch {
		case text == "":
			rep.add(at, "the pattern "+strconv.Quote(written)+" is empty", `leave it out to match everything, or write "!?*" for findings without a value`)
		case len(text) > maxPattern:
			rep.add(at, "the pattern is longer than "+strconv.Itoa(maxPattern)+" bytes", "shorten it with a *")
		case excludes:
			c.none = append(c.none, pattern{newGlob(text), written, at})
		default:
			c.any = append(c.any, pattern{newGlob(text), written, at})
		}
	}
	if slices.ContainsFunc(c.any, func(p pattern) bool { return p.everything() }) {
		c.any = nil
	}
	return c, len(c.any)+len(c.none) > 0
}

// lookup gives the texts at a path of event.data: numbers and booleans as JSON writes them, of a
// list every element. Where there is nothing it gives one empty text.
func lookup(f finding.Finding, path []string) []string {
	var values []string
	if m, ok := f.Data[path[0]]; ok {
		dec := json.NewDecoder(bytes.NewReader(m.JSON))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) == nil {
			values = collect(nil, v, path[1:])
		}
	}
	if len(values) == 0 {
		return []string{""}
	}
	return values
}

func collect(values []string, v any, path []string) []string {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			values = collect(values, element, path)
		}
		return values
	case map[string]any:
		if len(path) > 0 {
			return collect(values, v[path[0]], path[1:])
		}
		return values
	}
	if len(path) > 0 {
		return values
	}
	switch v := v.(type) {
	case string:
		return append(values, v)
	case json.Number:
		return append(values, v.String())
	case bool:
		return append(values, strconv.FormatBool(v))
	}
	return values
}
