package jira

import (
	"encoding/json"
	"slices"
	"strings"
)

// allowed is a list of values that a field allows. An answer may hold anything there: what cannot be
// read counts as no list.
type allowed []allowedValue

// UnmarshalJSON reads what it understands.
func (a *allowed) UnmarshalJSON(raw []byte) error {
	var values []json.RawMessage
	_ = json.Unmarshal(raw, &values) // no list
	for _, value := range values {
		var one allowedValue
		if json.Unmarshal(value, &one) == nil && one.label() != "" && !one.Disabled && !one.Archived {
			*a = append(*a, one)
		}
	}
	return nil
}

// find gives the value that a rule's name or id means.
func (a allowed) find(name string) (allowedValue, bool) {
	i := slices.IndexFunc(a, func(v allowedValue) bool { return v.is(name) })
	if i < 0 {
		return allowedValue{}, false
	}
	return a[i], true
}

func (a allowed) names() []string {
	var out []string
	for _, v := range a {
		out = append(out, v.label())
	}
	return out
}

// allowedValue is a value that a field allows, with the values below it where it cascades.
type allowedValue struct {
	choice
	Children []choice `json:"children"`
}

// choice is named by value (options) or by name (versions, priorities, …).
type choice struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Value    string `json:"value"`
	Disabled bool   `json:"disabled"`
	Archived bool   `json:"archived"` // of a version
}

func (c choice) label() string {
	if c.Value != "" {
		return c.Value
	}
	return c.Name
}

// is tells whether a rule's name or id means this value.
func (c choice) is(name string) bool {
	return c.ID == name || strings.EqualFold(c.label(), strings.TrimSpace(name))
}

// chain is the value and the first below it, where there is one.
func (v allowedValue) chain() []string {
	if len(v.Children) == 0 {
		return []string{v.label()}
	}
	return []string{v.label(), v.Children[0].label()}
}
