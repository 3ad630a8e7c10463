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
	values func(finding.Finding) []string // never empty: an absent attribute is the empty text
	any    []glob                         // one of them must match a value; empty: all match
	none   []glob                         // none of them may match a value
}

func (m matcher) matches(f finding.Finding) bool {
	for _, c := range m {
		if !c.holds(f) {
			return false
		}
	}
	return true
}

func (c condition) holds(f finding.Finding) bool {
	values := c.values(f)
	for i := range values {
		values[i] = strings.ToLower(values[i])
	}
	return (len(c.any) == 0 || fitsAny(c.any, values)) && !fitsAny(c.none, values)
}

func fitsAny(globs []glob, values []string) bool {
	return slices.ContainsFunc(globs, func(g glob) bool { return slices.ContainsFunc(values, g.matches) })
}

// attribute is a member of [Match] with its key in TOML.
type attribute struct {
	key      string
	patterns Patterns
	value    func(finding.Finding) string
}

func (m Match) attributes() []attribute {
	field := func(name finding.Field, p Patterns) attribute {
		return attribute{string(name), p, func(f finding.Finding) string { return f.Get(name) }}
	}
	return []attribute{
		field(finding.Product, m.Product),
		{"kind", m.Kind, func(f finding.Finding) string { return string(f.Key.Kind) }},
		field(finding.Severity, m.Severity),
		field(finding.Relevance, m.Relevance),
		field(finding.Title, m.Title),
		field(finding.Category, m.Category),
		field(finding.AssetName, m.AssetName),
		field(finding.AssetType, m.AssetType),
		field(finding.AssetGroup, m.AssetGroup),
		field(finding.AssetURL, m.AssetURL),
		field(finding.Policy, m.Policy),
		field(finding.PolicyRule, m.PolicyRule),
		field(finding.PolicyRuleType, m.PolicyRuleType),
		field(finding.AppID, m.AppID),
		field(finding.AppName, m.AppName),
		field(finding.Platform, m.Platform),
	}
}

// compileMatch compiles what matches need; patterns that match everything add no condition.
func compileMatch(m Match, at place, rep *report) matcher {
	var out matcher
	for _, a := range m.attributes() {
		c, ok := compilePatterns(a.patterns, at.key(a.key), rep)
		if ok {
			c.values = func(f finding.Finding) []string { return []string{a.value(f)} }
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
	var c condition
	for i, pattern := range p {
		at := patternPlace(at, p, i)
		text, excludes := strings.CutPrefix(pattern, "!")
		switch {
		case text == "":
			rep.add(at, "the pattern "+strconv.Quote(pattern)+" is empty", `leave it out to match everything, or write "!?*" for findings without a value`)
		case len(text) > maxPattern:
			rep.add(at, "the pattern is longer than "+strconv.Itoa(maxPattern)+" bytes", "shorten it with a *")
		case excludes:
			c.none = append(c.none, newGlob(text))
		default:
			c.any = append(c.any, newGlob(text))
		}
	}
	everything := slices.ContainsFunc(c.any, func(g glob) bool { return strings.Join(g, "") == "" && len(g) > 1 })
	if everything {
		c.any = nil
	}
	return c, len(c.any)+len(c.none) > 0
}

// patternPlace leads to one pattern of a list; one alone may be written without a list.
func patternPlace(at place, p Patterns, i int) place {
	if len(p) == 1 {
		return at
	}
	return at.key(strconv.Itoa(i))
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
