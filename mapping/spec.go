// Package mapping decides where a finding goes and what its ticket says. It is pure: no network, no
// clock, no environment; the same finding and the same rules always give the same ticket.
package mapping

// Spec is the part of the configuration that is the mapping: `[defaults]`, every `[[rule]]`, and
// what rules may refer to. internal/config decodes it; [Compile] checks it.
type Spec struct {
	Defaults    Rule               // what a rule leaves out: texts and lists as a whole, the tables priority, fields and on key by key
	Rules       []Rule             // in file order; the first that matches wins
	Trackers    map[string]Service // configured trackers by name
	PortalHosts []string           // hosts, subdomains included, that a portal link may lead to
	Instance    string             // part of every marker: two daemons with one tracker differ here
}

// Service is what a tracker is.
type Service string

// The services.
const (
	Jira   Service = "jira"
	GitHub Service = "github"
)

// Patterns are globs, of which one must match; in TOML a string or a list of strings. `*` stands
// for any run of characters, `?` for one, a leading `!` in the first place excludes; case does not
// matter. Empty matches everything, and so do exclusions alone what they do not exclude. What a
// finding does not tell is the empty text: "?*" asks for any value, "!?*" for none.
type Patterns []string

// Rule is one `[[rule]]`: which findings, to which destination, looking how.
type Rule struct {
	Name  string `toml:"name"`
	Match Match  `toml:"match"`

	Tracker    string            `toml:"tracker"`    // name of a configured tracker
	Project    string            `toml:"project"`    // Jira: project key
	Repository string            `toml:"repository"` // GitHub: owner/repo
	IssueType  string            `toml:"issue_type"` // Jira: name or id; default "Bug"
	Labels     []string          `toml:"labels"`
	Priority   map[string]string `toml:"priority"`   // Jira: severity or relevance (or "*") → priority name or id
	Components []string          `toml:"components"` // Jira: names
	Assignee   string            `toml:"assignee"`   // Jira: account id (Cloud) or user name (Data Center); GitHub: login
	Fields     map[string]any    `toml:"fields"`     // Jira: field id → value as Jira's API wants it
	Title      string            `toml:"title"`      // template
	Body       string            `toml:"body"`       // template; empty: the structured default

	On map[string]Outcome `toml:"on"` // by disposition: fixed, resolved, risk_accepted, compensating_control, wont_fix, and "open" for reopening

	TicketClosed *bool  `toml:"ticket_closed"` // also ticket findings that were closed before they had a ticket; default false
	OnRegression string `toml:"on_regression"` // a person closed the ticket and the finding opens again: reopen (default), new, comment, nothing
	ReopenWithin string `toml:"reopen_within"` // we closed it and it opens again later than this: a new issue; Go duration or "30d"; default "90d"; "0" never reopens
	Notes        *bool  `toml:"notes"`         // notes become comments; default true
}

// Outcome says how a ticket is closed for one disposition, or reopened.
type Outcome struct {
	Transitions []string       `toml:"transitions"`  // Jira: path of transition or status names or ids
	Resolution  string         `toml:"resolution"`   // Jira: name
	Fields      map[string]any `toml:"fields"`       // Jira: fields of the transition's screen
	StateReason string         `toml:"state_reason"` // GitHub: completed, not_planned
	Labels      []string       `toml:"labels"`       // added
	Comment     string         `toml:"comment"`      // template; empty: the default sentence
}

// Match is the condition of a rule; all members that are given must match.
type Match struct {
	Product        Patterns            `toml:"product"`
	Kind           Patterns            `toml:"kind"` // target, violation, service
	Severity       Patterns            `toml:"severity"`
	Relevance      Patterns            `toml:"relevance"`
	Title          Patterns            `toml:"title"`
	Category       Patterns            `toml:"category"`
	AssetName      Patterns            `toml:"asset_name"`
	AssetType      Patterns            `toml:"asset_type"`
	AssetGroup     Patterns            `toml:"asset_group"`
	AssetURL       Patterns            `toml:"asset_url"`
	Policy         Patterns            `toml:"policy"`
	PolicyRule     Patterns            `toml:"policy_rule"`
	PolicyRuleType Patterns            `toml:"policy_rule_type"`
	AppID          Patterns            `toml:"app_id"`
	AppName        Patterns            `toml:"app_name"`
	Platform       Patterns            `toml:"platform"`
	Path           map[string]Patterns `toml:"path"` // JSON path in event.data, e.g. "affected_asset.hosted_on"
}

// Problem is one mistake of a Spec. Path leads to the key as TOML names it, e.g.
// ["rule", "2", "match", "severity"] for the third rule; internal/config turns it into a line.
type Problem struct {
	Path    []string
	Text    string // what is wrong
	Hint    string // what to do
	Warning bool   // works, but hardly as meant
}
