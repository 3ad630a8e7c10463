package ticket

// FieldType says how the value of a custom field is meant, and with it how it is written.
type FieldType string

// The types of custom fields. A template's output is always text: of Number it has to read as one,
// and what cannot be written as its type makes the ticket held, never a guess.
const (
	TextField        FieldType = "text"         // Values[0], one line
	ParagraphField   FieldType = "paragraph"    // Doc; several lines, on Jira Cloud in ADF
	NumberField      FieldType = "number"       // Values[0]
	SelectField      FieldType = "select"       // Values[0], the option's name or, of digits alone, its id
	MultiSelectField FieldType = "multi_select" // Values, likewise
	CascadingField   FieldType = "cascading"    // Values[0] and, where there is one, the option below it Values[1]
	UserField        FieldType = "user"         // Values[0], account id (Cloud) or user name (Data Center)
	DateField        FieldType = "date"         // Values[0], "2026-12-31"
	LabelsField      FieldType = "labels"       // Values
	URLField         FieldType = "url"          // Values[0], http or https
	JSONField        FieldType = "json"         // JSON, as Jira's API wants it
)

// FieldTypes lists them in the order in which documents name them.
func FieldTypes() []FieldType {
	return []FieldType{
		TextField, ParagraphField, NumberField, SelectField, MultiSelectField, CascadingField,
		UserField, DateField, LabelsField, URLField, JSONField,
	}
}

// Field is one further field of an issue with the value that it should have.
type Field struct {
	Name   string // id ("customfield_10010", "environment") or the name that people see
	Type   FieldType
	Values []string // by type; may come from a finding
	Doc    Doc      // of ParagraphField
	JSON   any      // of JSONField: what encoding/json decodes to
}
