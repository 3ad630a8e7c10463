package ticket

// Need is what the rules will ask of one destination. A tracker can be asked beforehand whether it
// will take that, which is what `ticketd doctor` does.
type Need struct {
	Destination Destination
	Rules       []string // names of the rules that lead there
	Key         []string // path of the key that names the project or repository, of the first of the rules
	Wants       []Want
	Cheap       bool // only what about three calls can tell: credential, project or repository, issue type. For the start of the daemon
}

// Want is one thing that a rule will ask for.
type Want struct {
	Aspect      Aspect
	Value       string   // name, id or login; "" where it depends on the finding
	Field       *Field   // of WantField and WantScreenField; without values where they depend on the finding
	Disposition string   // of WantTransition, WantResolution, WantScreenField and the labels of an outcome: what it is for
	Path        []string // of Transitions, in order; of WantTransition only; empty: the tracker's own choice
	Key         []string // path of the key in the configuration, as mapping.Problem has it
	Rules       []string // names of the rules that want it, some of Need.Rules and in their order
}

// Aspect says what of an issue a Want is about.
type Aspect string

// The aspects.
const (
	WantIssueType     Aspect = "issue_type"
	WantLabel         Aspect = "label"
	WantPriority      Aspect = "priority"
	WantComponent     Aspect = "component"
	WantFixVersion    Aspect = "fix_version"
	WantDueDate       Aspect = "due_date"
	WantSecurityLevel Aspect = "security_level"
	WantParent        Aspect = "parent"
	WantAssignee      Aspect = "assignee"
	WantMilestone     Aspect = "milestone"
	WantField         Aspect = "field"
	WantTransition    Aspect = "transition"   // that a closed state can be reached, by Path if there is one
	WantResolution    Aspect = "resolution"   // on the screen of the last transition
	WantScreenField   Aspect = "screen_field" // likewise
)

// Severity says how much a Symptom matters.
type Severity string

// The severities.
const (
	Healthy Severity = "ok"      // looked at, and well
	Unknown Severity = "unknown" // could not be looked at, with the reason
	Warning Severity = "warning" // tickets will be made, but not quite as meant
	Failing Severity = "error"   // tickets will not be made or kept true
)

// Symptom is one finding of an examination.
type Symptom struct {
	Severity Severity
	Check    string   // what was looked at, short and the same each time: CheckCredential, "issue type", "field"
	Text     string   // what is so
	Hint     string   // what to do; "" for Healthy
	Paste    string   // TOML lines that would put it right; "" where there are none
	Key      []string // path of the key in the configuration; nil: the tracker as a whole
}

// Checks of the tracker as a whole. Where one of them fails no other destination of the tracker is
// asked about: it would say the same again, and a refused login that is repeated locks accounts.
const (
	CheckSite       = "site"
	CheckCredential = "credential"
)
