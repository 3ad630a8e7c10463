// Package mapping decides where a finding goes and what its ticket says. It is pure: no network, no
// clock, no environment; the same finding and the same rules always give the same ticket.
package mapping

// Spec is the part of the configuration that is the mapping: `[defaults]`, every `[profile.NAME]` and
// `[[rule]]`, and what rules may refer to. internal/config decodes it; [Compile] checks it.
type Spec struct {
	Defaults    Rule               // what a rule leaves out: texts and lists as a whole, the tables priority, fields and on key by key
	Profiles    map[string]Rule    // pieces of rules, by the name under which rules extend them
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

// Names are names, in TOML a string or a list of strings.
type Names []string

// Rule is one `[[rule]]`: which findings, to which destination, looking how. `[defaults]` and every
// `[profile.NAME]` are Rules that leave out Name, Extends, Match and When. What a rule leaves out it
// takes from the profiles that it extends, the last of them first, and then from the defaults.
type Rule struct {
	Name    string `toml:"name"`    // default "rule-" and its number
	Extends Names  `toml:"extends"` // profiles; of two that set a key the later one wins
	Match   Match  `toml:"match"`
	When    string `toml:"when"` // expression over the finding's fields, asked after match; empty: true

	Tracker    string `toml:"tracker"`    // name of a configured tracker
	Project    string `toml:"project"`    // Jira: project key
	Repository string `toml:"repository"` // GitHub: owner/repo
	IssueType  string `toml:"issue_type"` // Jira: name or id; default "Bug"

	GroupBy       Names `toml:"group_by"`         // fields; findings that agree in all of them share a ticket. Empty: each has its own
	MaxNewPerHour *int  `toml:"max_new_per_hour"` // beyond it findings wait in a list, in one digest ticket; 0, the default: no bound

	Title         string            `toml:"title"`          // template
	Body          string            `toml:"body"`           // template; empty: the structured default
	Labels        []string          `toml:"labels"`         // templates; one that comes out empty is left out
	LabelSpaces   string            `toml:"label_spaces"`   // what becomes of spaces in labels: dash (default, Jira), underscore, remove, keep (default, GitHub; GitHub only)
	Assignee      string            `toml:"assignee"`       // Jira: account id (Cloud) or user name (Data Center); GitHub: login
	Priority      map[string]string `toml:"priority"`       // Jira: severity or relevance (or "*") → priority name or id
	Due           map[string]string `toml:"due"`            // Jira: severity or relevance (or "*") → days from the opening: "30d", or working days: "5wd"
	Components    []string          `toml:"components"`     // Jira: names
	FixVersions   []string          `toml:"fix_versions"`   // Jira: names
	SecurityLevel string            `toml:"security_level"` // Jira: name or id
	Parent        string            `toml:"parent"`         // Jira: key of the parent or epic
	Milestone     string            `toml:"milestone"`      // GitHub: number or title
	Fields        map[string]any    `toml:"fields"`         // Jira: further fields by id or name: a template, a number, true or false, one table { TYPE = value } with a type of ticket.FieldTypes, or anything else as Jira's API wants it

	On map[string]Outcome `toml:"on"` // by disposition: fixed, resolved, risk_accepted, compensating_control, wont_fix, and "open" for reopening

	TicketClosed      *bool  `toml:"ticket_closed"`       // also ticket findings that were closed before they had a ticket; default false
	ClosePersonClosed *bool  `toml:"close_person_closed"` // a person closed the ticket and then the finding closes: also put the disposition's labels on it, which is all that can be set where the state is reached already; default false: comment only
	OnRegression      string `toml:"on_regression"`       // a person closed the ticket and the finding opens again: reopen (default), new, comment, nothing
	ReopenWithin      string `toml:"reopen_within"`       // we closed it and it opens again later than this: a new issue; Go duration or "30d"; default "90d"; "0" never reopens
	Notes             *bool  `toml:"notes"`               // notes become comments; default true
	RefusedLabel      string `toml:"refused_label"`       // put on a ticket that the workflow does not let close or reopen; default "ticketd-refused"
}

// Outcome says how a ticket is closed for one disposition, or reopened.
type Outcome struct {
	CommentOnly bool           `toml:"comment_only"` // comment and leave the ticket as it is: of the other keys only comment may be set; default false
	Transitions []string       `toml:"transitions"`  // Jira: path of transition or status names or ids
	Resolution  string         `toml:"resolution"`   // Jira: name
	Fields      map[string]any `toml:"fields"`       // Jira: fields of the transition's screen, as in a rule
	StateReason string         `toml:"state_reason"` // GitHub: completed, not_planned
	Labels      []string       `toml:"labels"`       // added; templates
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
	Inside  int    // of a template or an expression: byte of its text, counted from 1; 0: the key itself
	Text    string // what is wrong
	Hint    string // what to do
	Warning bool   // works, but hardly as meant
}
