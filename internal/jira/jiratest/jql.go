package jiratest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

type predicate func(*issue) bool

var reToken = regexp.MustCompile(`\s*("(?:[^"\\]|\\.)*"|>=|[=~(),]|[A-Za-z_]+|[0-9]+)`)

// compile understands the part of JQL that ticketd uses: project =, labels = and in, issuetype =
// with an id, text ~, created >=, AND, OR, parentheses, ORDER BY created. Anything else is refused, as Jira refuses
// what it does not understand.
func (s *Server) compile(jql string) (predicate, error) {
	head, order, ordered := strings.Cut(jql, " ORDER BY ")
	if ordered && order != "created ASC" && order != "created DESC" {
		return nil, fmt.Errorf("Not able to sort using field '%s'.", order) //nolint:staticcheck // Jira's own words
	}
	p := &parser{s: s}
	for rest := head; strings.TrimSpace(rest) != ""; {
		at := reToken.FindStringSubmatchIndex(rest)
		if at == nil || at[0] != 0 {
			return nil, fmt.Errorf("Error in the JQL Query: %q is not understood.", rest) //nolint:staticcheck // Jira's own words
		}
		p.tokens = append(p.tokens, rest[at[2]:at[3]])
		rest = rest[at[1]:]
	}
	want, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("Error in the JQL Query: expected the end, got '%s'.", p.tokens[0]) //nolint:staticcheck // Jira's own words
	}
	return want, err
}

type parser struct {
	s      *Server
	tokens []string
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	token := p.peek()
	if token != "" {
		p.tokens = p.tokens[1:]
	}
	return token
}

func (p *parser) or() (predicate, error) { return p.chain("OR", p.and, slices.ContainsFunc) }

func (p *parser) and() (predicate, error) {
	return p.chain("AND", p.clause, func(all []predicate, want func(predicate) bool) bool {
		return !slices.ContainsFunc(all, func(one predicate) bool { return !want(one) })
	})
}

func (p *parser) chain(word string, part func() (predicate, error), combine func([]predicate, func(predicate) bool) bool) (predicate, error) {
	var all []predicate
	for {
		one, err := part()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if !strings.EqualFold(p.peek(), word) {
			return func(i *issue) bool { return combine(all, func(one predicate) bool { return one(i) }) }, nil
		}
		p.next()
	}
}

func (p *parser) clause() (predicate, error) {
	field := p.next()
	if field == "(" {
		inner, err := p.or()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("Error in the JQL Query: a parenthesis is open.") //nolint:staticcheck // Jira's own words
		}
		return inner, err
	}
	operator := p.next()
	switch field + " " + strings.ToLower(operator) {
	case "project =":
		return p.project(p.value())
	case "labels =":
		label := p.value()
		return func(i *issue) bool { return slices.Contains(i.Labels, label) }, nil
	case "issuetype =":
		id := p.value()
		return func(i *issue) bool {
			name, _ := p.s.projects[i.Project].typeByID(id)
			return name != "" && i.IssueType == name
		}, nil
	case "labels in":
		return p.labels()
	case "text ~":
		phrase := normal(strings.Trim(p.value(), `"`))
		return func(i *issue) bool { return strings.Contains(normal(i.text()), phrase) }, nil
	case "created >=":
		at, err := time.Parse("2006-01-02", p.value())
		if err != nil {
			return nil, fmt.Errorf("Date value for field 'created' is invalid.") //nolint:staticcheck // Jira's own words
		}
		return func(i *issue) bool { return !i.Created.Before(at) }, nil
	}
	return nil, fmt.Errorf("Error in the JQL Query: '%s %s' is not understood.", field, operator) //nolint:staticcheck // Jira's own words
}

func (p *parser) project(key string) (predicate, error) {
	if _, visible := p.s.visible(key); !visible {
		return nil, fmt.Errorf("The value '%s' does not exist for the field 'project'.", key) //nolint:staticcheck // Jira's own words
	}
	return func(i *issue) bool { return i.Project == key }, nil
}

func (p *parser) labels() (predicate, error) {
	var wanted []string
	for p.next() != "" { // "(" or ","
		wanted = append(wanted, p.value())
		if p.peek() == ")" {
			p.next()
			break
		}
	}
	return func(i *issue) bool {
		return slices.ContainsFunc(i.Labels, func(l string) bool { return slices.Contains(wanted, l) })
	}, nil
}

// value reads a quoted string, with \" for a quote inside.
func (p *parser) value() string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(p.next(), `"`), `"`), `\"`, `"`)
}

// text is what `text ~` searches: summary, description, comments.
func (i *issue) text() string {
	parts := []string{i.Summary, readable(i.Raw)}
	for _, c := range i.Comments {
		parts = append(parts, readable(c.Raw))
	}
	return strings.Join(parts, "\n")
}

// normal makes words of a text as an index does: "dtw-12" is the two words dtw and 12.
func normal(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return " " + strings.Join(words, " ") + " "
}
