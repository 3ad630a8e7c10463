package jira

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/outbound"
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

// find gives the value that a rule's word means where it is sent as [byNameOrID] and [option] write
// it: digits alone are an id, whatever else there is of that name.
func (a allowed) find(word string) (allowedValue, bool) {
	if word = strings.TrimSpace(word); !reID.MatchString(word) {
		return a.named(word)
	}
	return a.which(func(v allowedValue) bool { return v.ID == word })
}

// named gives the value of a name.
func (a allowed) named(name string) (allowedValue, bool) {
	return a.which(func(v allowedValue) bool { return strings.EqualFold(v.label(), strings.TrimSpace(name)) })
}

func (a allowed) which(is func(allowedValue) bool) (allowedValue, bool) {
	i := slices.IndexFunc(a, is)
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

// others says what to write instead of a word that means none of the values.
func (a allowed) others(word string) string {
	if v, is := a.named(word); is && reID.MatchString(word) {
		return fmt.Sprintf("digits alone are an id: %q has the id %s, write that", word, outbound.Printable(v.ID, wordLimit))
	}
	if len(a) == 0 {
		return "there is none yet: make one in Jira, or take it out of the rule"
	}
	return "use one of those that exist: " + list(a.names()) + orNearest(word, a.names())
}

// toward gives the values with that in front which a word that means none of them may have meant.
func (a allowed) toward(word string) allowed {
	v, is := a.named(word)
	if near := nearest(word, a.names()); !is && len(near) > 0 {
		v, is = a.named(near[0])
	}
	if !is {
		return a
	}
	return append(allowed{v}, a...)
}

// allowedValue is a value that a field allows, with the values below it where it cascades.
type allowedValue struct {
	choice
	Children []choice `json:"children"`
}

// below are the values below it.
func (v allowedValue) below() allowed {
	out := make(allowed, len(v.Children))
	for i, c := range v.Children {
		out[i].choice = c
	}
	return out
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

// word is what a rule writes to mean it: its name, or its id where the name would count as an id.
func (c choice) word() string {
	if reID.MatchString(c.label()) {
		return c.ID
	}
	return c.label()
}

// chain is what a rule writes to mean the value and the first below it, where there is one.
func (v allowedValue) chain() []string {
	if len(v.Children) == 0 {
		return []string{v.word()}
	}
	return []string{v.word(), v.Children[0].word()}
}
