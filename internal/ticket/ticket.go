// Package ticket holds what ticketd and a tracker say to each other: the draft of an issue, the
// issue as it stands, comments, and the errors that carry a decision. Pure values; both tracker
// adapters and the delivery speak them.
package ticket

import "time"

// Destination is where a rule sends a finding.
type Destination struct {
	Tracker   string `json:"tracker"`    // name of the configured tracker
	Project   string `json:"project"`    // Jira project key, or GitHub "owner/repo"
	IssueType string `json:"issue_type"` // Jira only; "" on GitHub
}

// Ref names an issue in its tracker.
type Ref struct {
	ID      string `json:"id"`      // what the issue is addressed by: Jira's numeric id, GitHub's number
	Key     string `json:"key"`     // for people: "SEC-12", "acme/app#12"
	Project string `json:"project"` // where it is now; it may have been moved or transferred
	URL     string `json:"url"`     // page for people, built from the configured site, never taken from an answer
}

// IsZero tells whether no issue is known.
func (r Ref) IsZero() bool { return r.ID == "" }

// Draft is an issue that should exist. Every text in it may come from a finding and is hostile.
type Draft struct {
	Destination Destination
	Marker      string // "dtw-" + 24 hex digits; finds the issue again when an answer was lost
	Title       string // one line, not yet cut to the tracker's limit
	Body        Doc
	PortalURL   string   // where the whole text can be read when the body has to be cut; "" or vetted
	Labels      []string // by rule; the adapter adds its own
	Assignee    string   // Jira account id or user name, GitHub login; "" leaves it
	Milestone   string   // GitHub only; number or title, "" leaves it

	// Jira only. Empty leaves what the project does by itself.
	Priority      string   // name or id
	Components    []string // names
	FixVersions   []string // names
	DueDate       string   // "2026-12-31"
	SecurityLevel string   // name or id
	Parent        string   // key of the parent or epic
	Fields        []Field
}

// Issue is an issue as the tracker tells it.
type Issue struct {
	Ref      Ref
	Marker   string // "" when it carries none of ours
	Open     bool   // Jira: status category is not done. GitHub: state is open
	Status   string // in the tracker's words: "In Progress", "closed"
	Reason   string // GitHub state_reason, Jira resolution; "" when none
	Ours     bool   // created by our own account (or one listed as also ours)
	Archived bool   // read-only, with its project
	Created  time.Time
	Written  Written  // after Create and Update: what was written
	Kept     []string // after Update: what a person had changed and was left alone ("description", "priority")
	Dropped  []string // after Create: decorations the tracker did not take ("assignees", "components"), each with its reason
}

// Closing says how to close or reopen for one disposition. The zero value leaves the choice to the
// adapter.
type Closing struct {
	Transitions []string // Jira: path of transition or status names or ids; empty: the unique one of the right category
	Resolution  string   // Jira: name; "" sends none unless the screen requires one
	Fields      []Field  // Jira: for the transition's screen
	StateReason string   // GitHub: completed, not_planned, duplicate; "" by disposition
	AddLabels   []string
}

// Change asks for a state.
type Change struct {
	Open bool
	Closing
}

// Query asks for issues of ours in one project.
type Query struct {
	Project string
	Markers []string  // only these; empty: all that carry a marker of ours
	Since   time.Time // only issues created since; zero: all
}

// Comment is a comment that should exist.
type Comment struct {
	Marker string // "dtc-" + 24 hex digits, unique per operation
	Body   Doc
}

// Posted is a comment of ours as it stands.
type Posted struct {
	ID     string
	Marker string
}

// Account is who the credential belongs to.
type Account struct {
	ID   string // stable: Jira accountId or user key, GitHub numeric user id
	Name string // for people
}
