package mapping

import (
	"maps"
	"slices"
	"strings"
)

// ownField gives the key that fills a field of Jira, by the field's id or English name, where there
// is one.
func ownField(name string) (key string, own bool) {
	key, own = map[string]string{
		"project":        "project",
		"issuetype":      "issue_type",
		"issue type":     "issue_type",
		"summary":        "title",
		"description":    "body",
		"labels":         "labels",
		"priority":       "priority",
		"components":     "components",
		"component/s":    "components",
		"assignee":       "assignee",
		"fixversions":    "fix_versions",
		"fix versions":   "fix_versions",
		"fix version/s":  "fix_versions",
		"duedate":        "due",
		"due date":       "due",
		"security":       "security_level",
		"security level": "security_level",
		"parent":         "parent",
		"epic link":      "parent",
	}[strings.ToLower(strings.TrimSpace(name))]
	return key, own
}

// ownFields refuses the fields that another key fills.
func (c *compiler) ownFields(at place, fields map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if key, own := ownField(name); own {
			c.add(at.key(name), "ticketd writes this field itself", "set "+key+" instead")
		}
	}
}

// screenFields refuses the one field of a transition's screen that another key fills.
func (c *compiler) screenFields(at place, fields map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.EqualFold(strings.TrimSpace(name), "resolution") {
			c.add(at.key(name), "ticketd writes this field itself", "set resolution instead")
		}
	}
}
