package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ticketd/internal/finding"
)

// Data is what a template sees: the finding of a ticket, or of a group what its members add up to
// ([finding.Merge]). Every member but Members, Open and Closed is text, empty where Data Theorem did
// not tell; times are as sent, for the function date.
type Data struct {
	finding finding.Finding

	Members []Data // findings of a group, open ones first; empty where a finding has the ticket to itself, and of a member
	Open    int    // how many findings of the ticket are open
	Closed  int    // how many are not

	Kind        string // target, violation or service; empty of a group of several kinds
	UUID        string // empty of a group
	Key         string // "violation/924f1fb0-…"; empty of a group
	Parent      string // targets: UUID of the Mobile Secure finding
	Disposition string // open, fixed, resolved, risk_accepted, compensating_control, wont_fix
	ChangedAt   string // when it became so
	Explanation string // what a person wrote when deciding it so
	Headline    string // the title that a ticket gets without a template

	Product            string // api_secure, mobile_secure, …
	Title              string
	Description        string
	Recommendation     string
	AdditionalInfo     string
	Severity           string // HIGH, MEDIUM, LOW (Mobile)
	Relevance          string // URGENT, IMPORTANT, PROACTIVE (API, Web, Cloud)
	Priority           string // P0 … P4 (Mobile)
	Category           string
	AssetName          string
	AssetType          string
	AssetURL           string
	AssetUUID          string
	AssetGroup         string
	AssetGroupUUID     string
	AssetHostedOn      string
	AssetDiscoveredVia string
	AssetPortalURL     string
	Policy             string
	PolicyUUID         string
	PolicyPortalURL    string
	PolicyRule         string // UUID
	PolicyRuleType     string // UUID
	PolicyRuleTitle    string
	AppID              string
	AppName            string
	Platform           string
	IssueTypeID        string
	ExternalID         string
	PortalURL          string
	ExplainedAt        string
	DateCreated        string
}

// Field gives a field by the name that rules use, as "asset_name".
func (d Data) Field(name string) (string, error) {
	if _, known := fieldOf(name); !known {
		return "", fmt.Errorf("a finding has no %q (%s)", name, inReference(name, fieldList(anyField)))
	}
	switch name { // of a group they are not those of whichever member comes first
	case fieldKind:
		return d.Kind, nil
	case fieldUUID:
		return d.UUID, nil
	}
	return fieldValue(d.finding, name), nil
}

// Path gives what stands at a path of event.data, as "affected_asset.url"; the elements of a list
// are joined with commas.
func (d Data) Path(path string) string {
	return strings.Join(lookup(d.finding, strings.Split(path, ".")), ", ")
}

// newData gives what a template sees of a ticket whose rule groups by the fields, if it does.
func newData(s Subject, groupBy []string) Data {
	d := dataOf(s.Finding)
	if s.Members == nil {
		return d
	}
	d.UUID, d.Key = "", "" // of whichever comes first
	d.Kind = string(sameKind(s.Members))
	d.Headline = groupHeadline(s, groupBy)
	d.Open, d.Closed = 0, 0
	for _, f := range listed(s.Members) {
		m := dataOf(f)
		d.Members = append(d.Members, m)
		d.Open += m.Open
		d.Closed += m.Closed
	}
	return d
}

// dataOf gives what a template sees of one finding.
func dataOf(f finding.Finding) Data {
	d := Data{
		finding:     f,
		Kind:        string(f.Key.Kind),
		UUID:        f.Key.UUID,
		Key:         f.Key.String(),
		Parent:      f.Parent.Text,
		Disposition: string(f.Disposition),
		ChangedAt:   unixTime(f.Status.Time),
		Headline:    headline(f),
	}
	switch {
	case f.Disposition.Closed():
		d.Closed = 1
	case f.Disposition != "":
		d.Open = 1
	}
	for name, member := range members() {
		*member(&d) = fieldValue(f, string(name))
	}
	return d
}

// members are the attributes of a finding with the member of [Data] that holds each.
func members() map[finding.Field]func(*Data) *string {
	return map[finding.Field]func(*Data) *string{
		finding.Explanation:        func(d *Data) *string { return &d.Explanation },
		finding.Product:            func(d *Data) *string { return &d.Product },
		finding.Title:              func(d *Data) *string { return &d.Title },
		finding.Description:        func(d *Data) *string { return &d.Description },
		finding.Recommendation:     func(d *Data) *string { return &d.Recommendation },
		finding.AdditionalInfo:     func(d *Data) *string { return &d.AdditionalInfo },
		finding.Severity:           func(d *Data) *string { return &d.Severity },
		finding.Relevance:          func(d *Data) *string { return &d.Relevance },
		finding.Priority:           func(d *Data) *string { return &d.Priority },
		finding.Category:           func(d *Data) *string { return &d.Category },
		finding.AssetName:          func(d *Data) *string { return &d.AssetName },
		finding.AssetType:          func(d *Data) *string { return &d.AssetType },
		finding.AssetURL:           func(d *Data) *string { return &d.AssetURL },
		finding.AssetUUID:          func(d *Data) *string { return &d.AssetUUID },
		finding.AssetGroup:         func(d *Data) *string { return &d.AssetGroup },
		finding.AssetGroupUUID:     func(d *Data) *string { return &d.AssetGroupUUID },
		finding.AssetHostedOn:      func(d *Data) *string { return &d.AssetHostedOn },
		finding.AssetDiscoveredVia: func(d *Data) *string { return &d.AssetDiscoveredVia },
		finding.AssetPortalURL:     func(d *Data) *string { return &d.AssetPortalURL },
		finding.Policy:             func(d *Data) *string { return &d.Policy },
		finding.PolicyUUID:         func(d *Data) *string { return &d.PolicyUUID },
		finding.PolicyPortalURL:    func(d *Data) *string { return &d.PolicyPortalURL },
		finding.PolicyRule:         func(d *Data) *string { return &d.PolicyRule },
		finding.PolicyRuleType:     func(d *Data) *string { return &d.PolicyRuleType },
		finding.PolicyRuleTitle:    func(d *Data) *string { return &d.PolicyRuleTitle },
		finding.AppID:              func(d *Data) *string { return &d.AppID },
		finding.AppName:            func(d *Data) *string { return &d.AppName },
		finding.Platform:           func(d *Data) *string { return &d.Platform },
		finding.IssueTypeID:        func(d *Data) *string { return &d.IssueTypeID },
		finding.ExternalID:         func(d *Data) *string { return &d.ExternalID },
		finding.PortalURL:          func(d *Data) *string { return &d.PortalURL },
		finding.ExplainedAt:        func(d *Data) *string { return &d.ExplainedAt },
		finding.DateCreated:        func(d *Data) *string { return &d.DateCreated },
	}
}

func fieldNames() []finding.Field { return slices.Sorted(maps.Keys(members())) }
