// Package finding holds what Data Theorem reports, as pure values: the event, the finding it
// belongs to, the notes people write, and the fold that turns events into a finding.
//
// It imports nothing of ours and knows no clock, so that a fold is the same wherever it runs.
package finding

import (
	"cmp"
	"encoding/json"
	"maps"
	"strings"
)

// Kind says what sort of thing opened and closes.
type Kind string

// The kinds. A Parent is the Mobile Secure security finding that several targets belong to;
// it has no disposition and no ticket of its own, but notes are written on it.
const (
	Target    Kind = "target"    // Mobile Secure: one affected component
	Violation Kind = "violation" // API, Web, Cloud Secure: a policy violation
	Service   Kind = "service"   // a discovered network service
	Parent    Kind = "parent"
)

// Key names a finding: a UUID is unique only within its kind.
type Key struct {
	Kind Kind   `json:"kind"`
	UUID string `json:"uuid"`
}

// String gives "violation/924f1fb0-…", the form used in logs, on the command line and as the
// group of a ticket that holds one finding.
func (k Key) String() string { return string(k.Kind) + "/" + k.UUID }

// Compare orders keys by kind, then by UUID.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.UUID, o.UUID))
}

// ParseKey reads the form that [Key.String] writes.
func ParseKey(s string) (Key, bool) {
	kind, uuid, ok := strings.Cut(s, "/")
	return Key{Kind: Kind(kind), UUID: uuid}, ok && kind != "" && uuid != ""
}

// Disposition is what became of a finding.
type Disposition string

// The dispositions. Fixed is decided by a scanner, Resolved by the violation's policy; the other
// three are decisions of a person.
const (
	Open                Disposition = "open"
	Fixed               Disposition = "fixed"
	Resolved            Disposition = "resolved"
	RiskAccepted        Disposition = "risk_accepted"
	CompensatingControl Disposition = "compensating_control"
	WontFix             Disposition = "wont_fix"
)

// Dispositions lists them in the order in which documents name them.
func Dispositions() []Disposition {
	return []Disposition{Open, Fixed, Resolved, RiskAccepted, CompensatingControl, WontFix}
}

// Closed tells whether the disposition ends a finding.
func (d Disposition) Closed() bool { return d != Open && d != "" }

// Decision tells whether a person decided it, rather than a scan.
func (d Disposition) Decision() bool {
	return d == RiskAccepted || d == CompensatingControl || d == WontFix
}

// Field names an attribute of a finding. The names are the ones that rules, templates and the
// page use.
type Field string

// The attributes that the table of event types can fill.
const (
	Product            Field = "product" // "api_secure", "mobile_secure", …: the type's prefix in lower case
	Title              Field = "title"   // absent in every violation event seen
	Description        Field = "description"
	Recommendation     Field = "recommendation"
	AdditionalInfo     Field = "additional_information"
	Severity           Field = "severity"  // HIGH, MEDIUM, LOW (Mobile)
	Relevance          Field = "relevance" // URGENT, IMPORTANT, PROACTIVE (API, Web, Cloud)
	Priority           Field = "priority"  // P0 … P4 (Mobile)
	Category           Field = "category"
	AssetName          Field = "asset_name"
	AssetType          Field = "asset_type" // NETWORK_SERVICE, RESTFUL_API, …
	AssetURL           Field = "asset_url"
	AssetUUID          Field = "asset_uuid"
	AssetGroup         Field = "asset_group" // name of the asset group
	AssetGroupUUID     Field = "asset_group_uuid"
	AssetHostedOn      Field = "asset_hosted_on"
	AssetDiscoveredVia Field = "asset_discovered_via"
	AssetPortalURL     Field = "asset_portal_url"
	Policy             Field = "policy"
	PolicyUUID         Field = "policy_uuid"
	PolicyPortalURL    Field = "policy_portal_url"
	PolicyRule         Field = "policy_rule"       // UUID of the organisation's rule
	PolicyRuleType     Field = "policy_rule_type"  // UUID of the rule's type, the best key for routing
	PolicyRuleTitle    Field = "policy_rule_title" // only where Data Theorem sends one
	AppID              Field = "app_id"            // Mobile Secure app, number or string as sent
	AppName            Field = "app_name"
	Platform           Field = "platform"
	IssueTypeID        Field = "issue_type_id"
	ExternalID         Field = "external_id"
	PortalURL          Field = "portal_url"
	Explanation        Field = "explanation" // what a person wrote when deciding
	ExplainedAt        Field = "explained_at"
	DateCreated        Field = "date_created"
)

// Class says what an event does.
type Class string

// The classes of events that change a finding.
const (
	Status      Class = "status"       // opens or closes a finding
	NoteCreated Class = "note_created" // a person wrote a note
	NoteDeleted Class = "note_deleted" // a person deleted one
)

// Event is one decoded webhook body.
type Event struct {
	Digest      string // SHA-256 of the exact body, hex
	Type        string // as sent, e.g. API_SECURE__POLICY_VIOLATION_RESOLVED
	Entry       string // the table entry that recognised it
	Class       Class
	Time        int64 // Unix seconds; the time of receipt where the body has none
	Key         Key   // the finding; for a note what it was written on (Parent, or a finding)
	Parent      string
	Disposition Disposition                // of a Status event
	Fields      map[Field]string           // attributes; an absent or null one is not in the map
	Data        map[string]json.RawMessage // members of event.data, for rules that match a JSON path
	Note        NoteText                   // of a note event
}

// NoteText is the note inside a note event. A deleting event may carry only the ID.
type NoteText struct {
	ID      string // as sent, or derived from author, date and text where there is none
	Text    string
	Author  string
	Created string // as sent
}

// Stamp orders the sources of a value: newest time first, then terminality, then a tie-break that
// depends on nothing but the event itself. Arrival is no part of it, so that every permutation of
// the same events folds to the same finding.
type Stamp struct {
	Time int64  `json:"time"`
	Rank int    `json:"rank"` // 0 opening, 1 closing by a scan, 2 closing by a decision
	Tie  string `json:"tie"`  // digest of the body
}

// Compare gives -1, 0 or +1.
func (s Stamp) Compare(o Stamp) int {
	return cmp.Or(cmp.Compare(s.Time, o.Time), cmp.Compare(s.Rank, o.Rank), cmp.Compare(s.Tie, o.Tie))
}

// IsZero tells whether nothing set it yet.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// Value is an attribute with the stamp of the event that set it.
type Value struct {
	Text  string `json:"text"`
	Stamp Stamp  `json:"stamp"`
}

// Member is a member of event.data with the stamp of the event that set it.
type Member struct {
	JSON  json.RawMessage `json:"json"`
	Stamp Stamp           `json:"stamp"`
}

// Finding is what the events seen so far add up to.
type Finding struct {
	Key         Key               `json:"key"`
	Parent      Value             `json:"parent"`
	Disposition Disposition       `json:"disposition"`
	Status      Stamp             `json:"status"` // of the newest status event
	Opened      Stamp             `json:"opened"` // of the newest opening event; zero when none was seen
	Fields      map[Field]Value   `json:"fields"`
	Data        map[string]Member `json:"data"`
}

// Get gives an attribute, "" where it is unknown.
func (f Finding) Get(name Field) string { return f.Fields[name].Text }

// Decided gives what a person wrote with the present disposition. An explanation that came with an
// earlier, superseded decision does not count.
func (f Finding) Decided() string {
	if v := f.Fields[Explanation]; f.Disposition.Closed() && v.Stamp == f.Status {
		return v.Text
	}
	return ""
}

// Stamp gives the event's place in the order.
func (e Event) Stamp() Stamp {
	rank := 0
	switch {
	case e.Disposition.Decision():
		rank = 2
	case e.Disposition.Closed():
		rank = 1
	}
	return Stamp{Time: e.Time, Rank: rank, Tie: e.Digest}
}

// Fold adds a status event to a finding and gives the new finding; f is not changed. The zero
// Finding is where a fold starts. Fold is commutative, associative over sequences and idempotent.
func Fold(f Finding, e Event) Finding {
	if e.Class != Status {
		return f
	}
	at := e.Stamp()
	f.Key = e.Key
	if f.Status.IsZero() || at.Compare(f.Status) > 0 {
		f.Status, f.Disposition = at, e.Disposition
	}
	if !e.Disposition.Closed() && (f.Opened.IsZero() || at.Compare(f.Opened) > 0) {
		f.Opened = at
	}
	if e.Parent != "" && newer(at, f.Parent.Stamp) {
		f.Parent = Value{Text: e.Parent, Stamp: at}
	}
	f.Fields = maps.Clone(f.Fields)
	if f.Fields == nil {
		f.Fields = make(map[Field]Value, len(e.Fields))
	}
	for name, text := range e.Fields {
		if newer(at, f.Fields[name].Stamp) {
			f.Fields[name] = Value{Text: text, Stamp: at}
		}
	}
	f.Data = maps.Clone(f.Data)
	if f.Data == nil {
		f.Data = make(map[string]Member, len(e.Data))
	}
	for name, raw := range e.Data {
		if newer(at, f.Data[name].Stamp) {
			f.Data[name] = Member{JSON: raw, Stamp: at}
		}
	}
	return f
}

func newer(at, than Stamp) bool { return than.IsZero() || at.Compare(than) > 0 }

// Note is what the note events seen so far add up to.
type Note struct {
	Subject Key    `json:"subject"` // what it was written on
	ID      string `json:"id"`
	Text    string `json:"text"`
	Author  string `json:"author"`
	Created string `json:"created"`
	Stamp   Stamp  `json:"stamp"`   // of the creating event; zero when only the deletion was seen
	Deleted bool   `json:"deleted"` // final: a note deleted before it was created stays deleted
}

// FoldNote adds a note event to a note and gives the new one.
func FoldNote(n Note, e Event) Note {
	if e.Class != NoteCreated && e.Class != NoteDeleted {
		return n
	}
	n.Subject, n.ID = e.Key, e.Note.ID
	if e.Class == NoteDeleted {
		n.Deleted = true
		n.Text, n.Author, n.Created = "", "", "" // a deleted note is not kept
		return n
	}
	at := e.Stamp()
	if !newer(at, n.Stamp) {
		return n
	}
	n.Stamp = at
	if !n.Deleted {
		n.Text, n.Author, n.Created = e.Note.Text, e.Note.Author, e.Note.Created
	}
	return n
}
