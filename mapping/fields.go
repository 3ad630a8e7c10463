package mapping

import (
	"slices"

	"ticketd/internal/finding"
)

// FieldDoc tells of one field of a finding that rules may use. Every field is text, empty where Data
// Theorem did not tell it.
type FieldDoc struct {
	Name     string   // in match, when, group_by and as the argument of a template's .Field
	Type     string   // what the text is: "word", "text", "name", "UUID", "id", "URL", "time"
	Example  string   // a value as it is sent
	Words    []string // the values that are known; Data Theorem may send others
	Products []string // that have it: "api" (and with it web and cloud), "mobile"
	Source   Source
	Meaning  string
	Match    bool // is a key of match; the others can be asked by when
	Group    bool // is fit for group_by: does not change while the finding lives
}

// Source says how well it is known that Data Theorem sends a field.
type Source string

// The sources (facts/datatheorem.md 3).
const (
	Published Source = "published" // stands in an event that Data Theorem published
	FromREST  Source = "REST"      // its results API has it; never seen in an event
	Expected  Source = "expected"  // its portal shows it; never seen in an event
	Derived   Source = "derived"   // ticketd makes it of what an event tells
)

// The names of the fields that are no [finding.Field].
const (
	fieldKind        = "kind"
	fieldUUID        = "uuid"
	fieldParent      = "parent"
	fieldDisposition = "disposition"
)

// fieldSpec is a FieldDoc with what only the checks need.
type fieldSpec struct {
	FieldDoc
	broad bool // has few values, which new findings keep taking: a group by it alone never ends
}

// Fields is the table of every field that rules may use, in the order in which documents name them.
func Fields() []FieldDoc {
	specs := fieldSpecs()
	docs := make([]FieldDoc, 0, len(specs))
	for _, s := range specs {
		docs = append(docs, s.FieldDoc)
	}
	return docs
}

func fieldSpecs() []fieldSpec {
	return slices.Concat(identityFields(), ratingFields(), assetFields(), policyFields(), mobileFields(), textFields())
}

// The products that the table tells of. What it says of api holds for web and cloud: Data Theorem
// lists their events together (facts/datatheorem.md 2).
func api() []string    { return []string{"api"} }
func mobile() []string { return []string{"mobile"} }
func every() []string  { return []string{"api", "mobile"} }

func identityFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: fieldKind, Type: "word", Example: "violation", Words: kindNames(), Products: every(), Source: Derived,
			Meaning: "what opens and closes: an affected component, a policy violation or a discovered service", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.Product), Type: "word", Example: "api_secure", Words: []string{"api_secure", "mobile_secure"},
			Products: every(), Source: Derived, Meaning: "the beginning of the event's type, in lower case", Match: true, Group: true}, true},
		{FieldDoc{Name: fieldUUID, Type: "UUID", Example: "924f1fb0-ebaa-4dfd-9297-390c0df18b44", Products: every(), Source: Published,
			Meaning: "the finding itself", Group: true}, false},
		{FieldDoc{Name: fieldParent, Type: "UUID", Example: "6f1c5a0e-0000-4000-8000-0000000000f1", Products: mobile(), Source: FromREST,
			Meaning: "the Mobile Secure finding that the affected component belongs to", Group: true}, false},
		{FieldDoc{Name: fieldDisposition, Type: "word", Example: "open", Words: dispositions(), Products: every(), Source: Derived,
			Meaning: "what became of the finding; changes while it lives"}, false},
	}
}

func kindNames() []string {
	return []string{string(finding.Target), string(finding.Violation), string(finding.Service)}
}

func ratingFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: string(finding.Severity), Type: "word", Example: "HIGH", Words: []string{"HIGH", "MEDIUM", "LOW"},
			Products: mobile(), Source: FromREST, Meaning: "how bad it is", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.Relevance), Type: "word", Example: "IMPORTANT", Words: []string{"URGENT", "IMPORTANT", "PROACTIVE"},
			Products: api(), Source: Published, Meaning: "how bad it is", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.Priority), Type: "word", Example: "P1", Words: []string{"P0", "P1", "P2", "P3", "P4"},
			Products: mobile(), Source: FromREST, Meaning: "Data Theorem's priority", Group: true}, true},
		{FieldDoc{Name: string(finding.Category), Type: "word", Example: "DATA_AT_REST_EXPOSURE",
			Products: mobile(), Source: FromREST, Meaning: "what sort of weakness it is", Match: true, Group: true}, true},
	}
}

func assetFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: string(finding.AssetName), Type: "name", Example: "gumtree.com.au", Products: every(), Source: Published,
			Meaning: "the affected asset; of a mobile finding the affected component", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.AssetType), Type: "word", Example: "NETWORK_SERVICE", Words: []string{"NETWORK_SERVICE", "RESTFUL_API"},
			Products: api(), Source: Published, Meaning: "what sort of asset it is", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.AssetURL), Type: "URL", Example: "https://gumtree.com.au", Products: api(), Source: Published,
			Meaning: "where the asset is", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.AssetUUID), Type: "UUID", Example: "ed1d9485-5672-4db0-81aa-f8e5c96ba750", Products: api(), Source: Published,
			Meaning: "the asset itself", Group: true}, false},
		{FieldDoc{Name: string(finding.AssetGroup), Type: "name", Example: "CA Business Unit", Products: api(), Source: Published,
			Meaning: "the group that the asset belongs to", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.AssetGroupUUID), Type: "UUID", Example: "8cc7e379-1c9a-47df-aad1-a129afba337a", Products: api(), Source: Published,
			Meaning: "that group itself", Group: true}, false},
		{FieldDoc{Name: string(finding.AssetHostedOn), Type: "word", Example: "UNKNOWN", Products: api(), Source: Published,
			Meaning: "who hosts the asset", Group: true}, true},
		{FieldDoc{Name: string(finding.AssetDiscoveredVia), Type: "word", Example: "WEBSITE_CRAWLER",
			Words:    []string{"WEBSITE_CRAWLER", "WEB_APPLICATION_SCANS", "AMAZON_WEB_SERVICES", "MANUAL_IMPORT"},
			Products: api(), Source: Published, Meaning: "how Data Theorem came to know the asset", Group: true}, true},
		{FieldDoc{Name: string(finding.AssetPortalURL), Type: "URL", Example: "https://www.securetheorem.com/api/network-services/ed1d9485-5672-4db0-81aa-f8e5c96ba750",
			Products: api(), Source: Published, Meaning: "the asset's page in the portal", Group: true}, false},
	}
}

func policyFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: string(finding.Policy), Type: "name", Example: "Data Theorem", Products: api(), Source: Published,
			Meaning: "the violated policy", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.PolicyUUID), Type: "UUID", Example: "17e0e14d-e6f1-4b35-a5c0-976dbbf41436", Products: api(), Source: Published,
			Meaning: "that policy itself", Group: true}, true},
		{FieldDoc{Name: string(finding.PolicyPortalURL), Type: "URL", Example: "https://www.securetheorem.com/api/policy/17e0e14d-e6f1-4b35-a5c0-976dbbf41436",
			Products: api(), Source: Published, Meaning: "the policy's page in the portal", Group: true}, true},
		{FieldDoc{Name: string(finding.PolicyRule), Type: "UUID", Example: "471284cb-e96a-49e0-a729-674cfe18f506", Products: api(), Source: Published,
			Meaning: "the rule of your policy", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.PolicyRuleType), Type: "UUID", Example: "5c3b1f37-8509-5c6e-abed-6ee9f3497c17", Products: api(), Source: Published,
			Meaning: "what the rule is about, in every policy; the best key for routing", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.PolicyRuleTitle), Type: "text", Example: "TLS certificate expires soon", Products: api(), Source: FromREST,
			Meaning: "that in words", Group: true}, false},
	}
}

func mobileFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: string(finding.AppID), Type: "id", Example: "13", Products: mobile(), Source: FromREST,
			Meaning: "the app, a number or a UUID", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.AppName), Type: "name", Example: "MyBank", Products: mobile(), Source: Expected,
			Meaning: "the app's name", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.Platform), Type: "word", Example: "ANDROID", Words: []string{"ANDROID", "ANDROID_AMAZON", "ANDROID_OCULUS", "WINDOWS_PHONE", "IOS"},
			Products: mobile(), Source: FromREST, Meaning: "what the app runs on", Match: true, Group: true}, true},
		{FieldDoc{Name: string(finding.IssueTypeID), Type: "UUID", Example: "6f1c5a0e-0000-4000-8000-0000000000a1", Products: mobile(), Source: FromREST,
			Meaning: "what the finding is about, in every app; the best key for routing", Group: true}, false},
		{FieldDoc{Name: string(finding.ExternalID), Type: "id", Example: "SEC-12", Products: mobile(), Source: FromREST,
			Meaning: "a ticket that somebody else noted in the portal; changes while the finding lives"}, false},
	}
}

func textFields() []fieldSpec {
	return []fieldSpec{
		{FieldDoc{Name: string(finding.Title), Type: "text", Example: "Private key in the app", Products: every(), Source: FromREST,
			Meaning: "what is wrong, in a line; in no violation that was seen", Match: true, Group: true}, false},
		{FieldDoc{Name: string(finding.Description), Type: "text", Example: "The server leverages a certificate …", Products: every(), Source: Published,
			Meaning: "what is wrong", Group: true}, false},
		{FieldDoc{Name: string(finding.Recommendation), Type: "text", Example: "Deploy a new SSL/TLS certificate …", Products: every(), Source: Published,
			Meaning: "what to do", Group: true}, false},
		{FieldDoc{Name: string(finding.AdditionalInfo), Type: "text", Example: "assets/key.pem", Products: every(), Source: Published,
			Meaning: "what else there is to say; null where it was seen", Group: true}, false},
		{FieldDoc{Name: string(finding.PortalURL), Type: "URL", Example: "https://www.securetheorem.com/api/inspect/policy-violations/924f1fb0-ebaa-4dfd-9297-390c0df18b44",
			Products: every(), Source: Published, Meaning: "the finding's page in the portal", Group: true}, false},
		{FieldDoc{Name: string(finding.DateCreated), Type: "time", Example: "2021-01-19T12:04:15.714371+00:00", Products: every(), Source: Published,
			Meaning: "when Data Theorem first saw it", Group: true}, false},
		{FieldDoc{Name: string(finding.Explanation), Type: "text", Example: "Only reachable from the office", Products: every(), Source: Published,
			Meaning: "what a person wrote with the present disposition; null where it was seen, changes while the finding lives"}, false},
		{FieldDoc{Name: string(finding.ExplainedAt), Type: "time", Example: "2021-01-26T09:00:00+00:00", Products: every(), Source: Published,
			Meaning: "when; null where it was seen, changes while the finding lives"}, false},
	}
}

// fieldOf finds a field by its name.
func fieldOf(name string) (fieldSpec, bool) {
	specs := fieldSpecs()
	i := slices.IndexFunc(specs, func(s fieldSpec) bool { return s.Name == name })
	if i < 0 {
		return fieldSpec{}, false
	}
	return specs[i], true
}

// fieldList gives the names of the fields that pass.
func fieldList(pass func(FieldDoc) bool) []string {
	var names []string
	for _, f := range Fields() {
		if pass(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

func anyField(FieldDoc) bool { return true }

// fieldValue gives a field of a finding by its name, "" where it is not told.
func fieldValue(f finding.Finding, name string) string {
	switch name {
	case fieldKind:
		return string(f.Key.Kind)
	case fieldUUID:
		return f.Key.UUID
	case fieldParent:
		return f.Parent.Text
	case fieldDisposition:
		return string(f.Disposition)
	case string(finding.Explanation):
		return f.Decided()
	case string(finding.ExplainedAt): // likewise of the present decision alone
		if v := f.Fields[finding.ExplainedAt]; !f.Disposition.Closed() || v.Stamp != f.Status {
			return ""
		}
	}
	return f.Get(finding.Field(name))
}
