package mapping

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// drafted gives the one field of a ticket, or none, and the error of the draft.
func drafted(t testing.TB, value any, f finding.Finding) ([]ticket.Field, error) {
	t.Helper()
	r := jiraRule()
	r.Fields = map[string]any{"Team": value}
	d, err := view(t, r, f).Draft(One(f), "dtw-1", ticket.Ref{})
	return d.Fields, err
}

func typedAs(kind ticket.FieldType, value any) map[string]any {
	return map[string]any{string(kind): value}
}

func TestEveryTypeOfFieldIsWrittenAsItsType(t *testing.T) {
	f := richTarget()
	f.Fields[finding.DateCreated] = finding.Value{Text: "2021-01-19T23:04:15.714371-02:00"}
	f.Fields[finding.ExternalID] = finding.Value{Text: "a \"quoted\"\nline"}
	lines := func(kind ticket.FieldType, values ...string) *ticket.Field {
		return &ticket.Field{Name: "Team", Type: kind, Values: values}
	}
	raw := func(v any) *ticket.Field { return &ticket.Field{Name: "Team", Type: ticket.JSONField, JSON: v} }
	number := func(s string) json.Number { return json.Number(s) }
	for _, tt := range []struct {
		value any
		want  *ticket.Field // nil: left out
	}{
		{"Web", lines(ticket.TextField, "Web")},
		{"{{.AppName}} on {{lower .Platform}}", lines(ticket.TextField, "MyBank on android")},
		{"{{.ExternalID}}", lines(ticket.TextField, `a "quoted" line`)},
		{"{{.Policy}}", nil},
		{"", nil},
		{int64(3), raw(int64(3))},
		{0.5, raw(0.5)},
		{true, raw(true)},
		{[]any{"a", int64(1)}, raw([]any{"a", int64(1)})},
		{map[string]any{"value": "High"}, raw(map[string]any{"value": "High"})},
		{map[string]any{"id": "{{.AppID}}", "x": "y"}, raw(map[string]any{"id": "{{.AppID}}", "x": "y"})},
		{typedAs("text", "{{.Severity}}"), lines(ticket.TextField, "HIGH")},
		{typedAs("number", int64(3)), lines(ticket.NumberField, "3")},
		{typedAs("number", 0.5), lines(ticket.NumberField, "0.5")},
		{typedAs("number", "{{.AppID}}"), lines(ticket.NumberField, "13")},
		{typedAs("number", "{{len .AppName}}e2"), lines(ticket.NumberField, "6e2")},
		{typedAs("number", "{{.Policy}}"), nil},
		{typedAs("select", "{{.Severity | lower | title}}"), lines(ticket.SelectField, "High")},
		{typedAs("multi_select", "One"), lines(ticket.MultiSelectField, "One")},
		{typedAs("multi_select", []any{"{{.Platform}}", "{{.Policy}}", "ANDROID", "iOS"}), lines(ticket.MultiSelectField, "ANDROID", "iOS")},
		{typedAs("multi_select", []any{}), nil},
		{typedAs("cascading", []any{"EMEA", "{{.AppName}}"}), lines(ticket.CascadingField, "EMEA", "MyBank")},
		{typedAs("cascading", []any{"EMEA", "{{.Policy}}"}), lines(ticket.CascadingField, "EMEA")},
		{typedAs("cascading", []any{"{{.Policy}}", "Berlin"}), nil},
		{typedAs("cascading", []any{"Other", "Other"}), lines(ticket.CascadingField, "Other", "Other")},
		{typedAs("cascading", "EMEA"), lines(ticket.CascadingField, "EMEA")},
		{typedAs("user", "5b10ac8d82e05b22cc7d4ef5"), lines(ticket.UserField, "5b10ac8d82e05b22cc7d4ef5")},
		{typedAs("date", "2026-12-31"), lines(ticket.DateField, "2026-12-31")},
		{typedAs("date", "{{.DateCreated}}"), lines(ticket.DateField, "2021-01-20")},
		{typedAs("date", `{{date "2006-01-02" .DateCreated}}`), lines(ticket.DateField, "2021-01-20")},
		{typedAs("labels", []any{"app sec", "{{.Title}}", "{{.Policy}}", "{{print \"dt\" \"w-1\"}}"}), lines(ticket.LabelsField, "app-sec", "Private-key-in-the-app")},
		{typedAs("url", "http://cmdb.example:8080/x"), lines(ticket.URLField, "http://cmdb.example:8080/x")},
		{typedAs("url", "{{.PortalURL}}"), lines(ticket.URLField, "https://www.securetheorem.com/mobile-secure/v2/security/6f1c5a0e")},
		{typedAs("url", "{{.PortalURL}}?tab=1"), lines(ticket.URLField, "https://www.securetheorem.com/mobile-secure/v2/security/6f1c5a0e?tab=1")},
		{typedAs("url", "http://cmdb.example/?q={{.ExternalID}}"), lines(ticket.URLField, "http://cmdb.example/?q=a%20%22quoted%22%0Aline")},
		{typedAs("url", "{{.AdditionalInfo}}"), nil},
		{typedAs("url", "https://{{.AppName}}.example/"), nil},
		{typedAs("url", "{{.Policy}}"), nil},
		{typedAs("paragraph", "# {{.AppName}}\n\n{{.Policy}}"), &ticket.Field{Name: "Team", Type: ticket.ParagraphField, Doc: ticket.Doc{ticket.Head("MyBank")}}},
		{typedAs("paragraph", "{{.Policy}}"), nil},
		{typedAs("paragraph", ""), nil},
		{typedAs("json", map[string]any{"text": "x"}), raw(map[string]any{"text": "x"})},
		{typedAs("json", []any{"{{.Severity}}"}), raw([]any{"{{.Severity}}"})},
		{typedAs("json", `{"value": "{{.ExternalID}}", "n": [{{len .AppName}}, 1.50, true, null]}`), raw(map[string]any{
			"value": "a \"quoted\"\nline", "n": []any{number("6"), number("1.50"), true, nil}})},
		{typedAs("json", `"{{.Severity}}-{{.Platform}}"`), raw("HIGH-ANDROID")},
		{typedAs("json", `{{if .Policy}}"x"{{end}}`), nil},
		{typedAs("json", " "), nil},
	} {
		got, err := drafted(t, tt.value, f)
		switch {
		case err != nil:
			t.Errorf("%v: %v", tt.value, err)
		case tt.want == nil && len(got) != 0, tt.want != nil && !reflect.DeepEqual(got, []ticket.Field{*tt.want}):
			t.Errorf("%v: got %+v", tt.value, got)
		}
	}
}

func TestAValueThatIsNotOfItsTypeIsAnErrorThatNamesTheField(t *testing.T) {
	f := richTarget()
	f.Fields[finding.Category] = finding.Value{Text: "no\n" + strings.Repeat("x", 200)}
	short := seen(finding.Target, finding.Open, map[finding.Field]string{finding.AppName: "a"})
	failing := "{{if .AppName}}{{slice .AppName 5}}{{end}}"
	for _, tt := range []struct {
		value any
		f     finding.Finding
		want  string
	}{
		{typedAs("number", "{{.Severity}}"), f, `writing the field "Team": "HIGH" is no number`},
		{typedAs("number", "0x{{.AppID}}"), f, `writing the field "Team": "0x13" is no number`},
		{typedAs("number", "{{.Category}}"), f, `writing the field "Team": "no ` + strings.Repeat("x", maxName-4) + `…" is no number`},
		{typedAs("date", "{{.Severity}}"), f, `writing the field "Team": "HIGH" is no date`},
		{failing, short, `writing the field "Team": executing the template: `},
		{typedAs("paragraph", failing), short, `writing the field "Team": template: `},
		{typedAs("url", failing), short, `writing the field "Team": template: `},
		{typedAs("json", `"`+failing+`"`), short, `writing the field "Team": executing the template: `},
		{typedAs("json", `{{if eq .AppName "a"}}{{else}}{"value": "{{.AppName}}"}{{end}}{{if eq .AppName "a"}}{"value": {{.AppName}} }{{end}}`), short,
			`writing the field "Team": a value of the finding must stand within the quotes of a text`},
	} {
		if _, err := drafted(t, tt.value, tt.f); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v: got %v", tt.value, err)
		}
	}
}

func TestAScreensFieldsAreWrittenLikeATicketsFields(t *testing.T) {
	r := jiraRule()
	r.On = map[string]Outcome{"fixed": {Fields: map[string]any{"Cause": typedAs("select", "{{.Severity}}"), "Points": typedAs("number", "{{.Severity}}")}, Labels: []string{"{{.Severity}}"}}}
	f := richTarget()
	f.Fields[finding.Severity] = finding.Value{Text: "7"}
	c, err := view(t, r, f).Closing(One(f), finding.Fixed)
	want := ticket.Closing{AddLabels: []string{"7"}, Fields: []ticket.Field{
		{Name: "Cause", Type: ticket.SelectField, Values: []string{"7"}}, {Name: "Points", Type: ticket.NumberField, Values: []string{"7"}}}}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, %v", c, err)
	}
	f.Fields[finding.Severity] = finding.Value{Text: "HIGH"}
	if _, err := view(t, r, f).Closing(One(f), finding.Fixed); err == nil || !strings.Contains(err.Error(), `the field "Points": "HIGH" is no number`) {
		t.Errorf("got %v", err)
	}
}

func TestMistakesOfFieldsAreToldWithTheirPlace(t *testing.T) {
	const shouldBeText = "this type of field takes one text"
	for _, tt := range []struct {
		name  string
		value any
		want  string
	}{
		{"", "x", "rule.0.fields.: the field has no name (write its id or the name that people see)"},
		{"duedate", "2026-12-31", "rule.0.fields.duedate: ticketd writes this field itself (set due instead)"},
		{"Due date", "2026-12-31", "rule.0.fields.Due date: ticketd writes this field itself (set due instead)"},
		{"fixVersions", "x", "rule.0.fields.fixVersions: ticketd writes this field itself (set fix_versions instead)"},
		{"Security Level", "x", "rule.0.fields.Security Level: ticketd writes this field itself (set security_level instead)"},
		{"parent", "x", "rule.0.fields.parent: ticketd writes this field itself (set parent instead)"},
		{"Issue Type", "x", "rule.0.fields.Issue Type: ticketd writes this field itself (set issue_type instead)"},
		{"Team", math.Inf(1), "rule.0.fields.Team: the value cannot be sent as JSON (use text, a number, a boolean, a list or a table)"},
		{"Team", typedAs("json", math.NaN()), "rule.0.fields.Team.json: the value cannot be sent as JSON (use text, a number, a boolean, a list or a table)"},
		{"Team", "a\n{{.Titel}}", `rule.0.fields.Team@5: a finding has no ".Titel" (did you mean "Title"?)`},
		{"Team", typedAs("select", []any{"a"}), "rule.0.fields.Team.select: " + shouldBeText + ` (write { select = "text" })`},
		{"Team", typedAs("user", int64(1)), "rule.0.fields.Team.user: " + shouldBeText + ` (write { user = "text" })`},
		{"Team", typedAs("paragraph", true), "rule.0.fields.Team.paragraph: " + shouldBeText + ` (write { paragraph = "text" })`},
		{"Team", typedAs("url", int64(1)), "rule.0.fields.Team.url: " + shouldBeText + ` (write { url = "text" })`},
		{"Team", typedAs("cascading", []any{}), `rule.0.fields.Team.cascading: this type of field takes an option and, below it, at most one more (write { cascading = ["EMEA", "Berlin"] })`},
		{"Team", typedAs("cascading", []any{"a", "b", "c"}), `rule.0.fields.Team.cascading: this type of field takes an option and, below it, at most one more (write { cascading = ["EMEA", "Berlin"] })`},
		{"Team", typedAs("multi_select", []any{"a", int64(1)}), `rule.0.fields.Team.multi_select: this type of field takes a text or a list of texts (write { multi_select = ["one", "two"] })`},
		{"Team", typedAs("multi_select", []any{"a", "{{.Titel}}"}), `rule.0.fields.Team.multi_select.1@3: a finding has no ".Titel" (did you mean "Title"?)`},
		{"Team", typedAs("labels", map[string]any{"a": "b"}), `rule.0.fields.Team.labels: this type of field takes a text or a list of texts (write { labels = ["one", "two"] })`},
		{"Team", typedAs("number", "three"), `rule.0.fields.Team.number: "three" is no number (write { number = 3 })`},
		{"Team", typedAs("number", `"3"`), `rule.0.fields.Team.number: "\"3\"" is no number (write { number = 3 })`},
		{"Team", typedAs("number", math.Inf(1)), `rule.0.fields.Team.number: this type of field takes a number, or a template that gives one (write { number = 3 })`},
		{"Team", typedAs("date", "31.12.2026"), `rule.0.fields.Team.date: "31.12.2026" is no date (write { date = "2026-12-31" })`},
		{"Team", typedAs("date", int64(2026)), `rule.0.fields.Team.date: this type of field takes a date, or a template that gives one (write { date = "2026-12-31" })`},
		{"Team", typedAs("url", "ftp://x.example/"), `rule.0.fields.Team.url: "ftp://x.example/" is no http or https URL (write { url = "https://example.com/page" })`},
		{"Team", typedAs("url", "https://me@x.example/"), `rule.0.fields.Team.url: "https://me@x.example/" is no http or https URL (write { url = "https://example.com/page" })`},
		{"Team", typedAs("json", "{\n\"a\": x}"), `rule.0.fields.Team.json@8: this is no JSON: invalid character 'x' looking for beginning of value (write JSON as Jira's API wants it, e.g. { json = '{"value": "{{.Severity}}"}' })`},
		{"Team", typedAs("json", `{"a": {{.Title}}}`), `rule.0.fields.Team.json: a value of the finding must stand within the quotes of a text, as in {"value": "{{.Severity}}"} (write JSON as Jira's API wants it, e.g. { json = '{"value": "{{.Severity}}"}' })`},
		{"Team", typedAs("json", `{"{{.Title}}": 1}`), `rule.0.fields.Team.json: a value of the finding cannot be the name of a member (write JSON as Jira's API wants it, e.g. { json = '{"value": "{{.Severity}}"}' })`},
		{"Team", typedAs("json", `{} {}`), `rule.0.fields.Team.json@4: this is no JSON: invalid character '{' after top-level value (write JSON as Jira's API wants it, e.g. { json = '{"value": "{{.Severity}}"}' })`},
		{"Team", typedAs("selct", "High"), `warning: rule.0.fields.Team.selct: there is no type of field "selct": the table is sent to Jira as it is (did you mean "select"?)`},
	} {
		r := jiraRule()
		r.Fields = map[string]any{tt.name: tt.value}
		_, problems := Compile(twoTrackers(r))
		if len(problems) != 1 || problem(problems[0]) != tt.want {
			t.Errorf("%v: got %d", tt.value, len(problems))
			for _, p := range problems {
				t.Log(problem(p))
			}
		}
	}
	r := jiraRule()
	r.On = map[string]Outcome{"fixed": {Fields: map[string]any{"Resolution": "Done", "assignee": "x"}}}
	_, problems := Compile(twoTrackers(r))
	if len(problems) != 1 || problem(problems[0]) != "rule.0.on.fixed.fields.Resolution: ticketd writes this field itself (set resolution instead)" {
		t.Errorf("got %+v", problems)
	}
}

func TestEveryTypeOfFieldCanBeConfigured(t *testing.T) {
	for _, kind := range ticket.FieldTypes() {
		value := map[ticket.FieldType]string{ticket.NumberField: "1", ticket.DateField: "2026-12-31", ticket.URLField: "https://a.example/", ticket.JSONField: "1"}[kind]
		got, err := drafted(t, typedAs(kind, first(value, "x")), richTarget())
		if err != nil || len(got) != 1 || got[0].Type != kind {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}

func TestAFieldTellsBeforehandWhatDoesNotDependOnTheFinding(t *testing.T) {
	c := new(compiler)
	for value, want := range map[string][]string{"High": {"High"}, "{{.Severity}}": nil} {
		got, wanted := c.customField(place{"fields"}, typedAs("select", value)).want("Team")
		if !wanted || !reflect.DeepEqual(got, ticket.Field{Name: "Team", Type: ticket.SelectField, Values: want}) {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

// FuzzJSONFields shows that no value changes the structure of a JSON template.
func FuzzJSONFields(f *testing.F) {
	for _, seed := range []string{``, strings.Repeat("long ", 20_000), `"`, `", "admin": true, "x": "`, `\`, `\u0022`, `1, 2`, "\x00\n\u2028", "\xff", "\uE001\uE000", "\U000F0000", `"}]`} {
		f.Add(seed)
	}
	const text = `{"a": "{{.Category}}", "b": ["x{{.Category}}y", {"c": "{{lower .Category}}{{.Category | code}}"}], "n": {{len .Members}}}`
	r := jiraRule()
	r.Fields = map[string]any{"Team": typedAs("json", text)}
	v := view(f, r, sampleViolation(finding.Open))
	f.Fuzz(func(t *testing.T, value string) {
		s := One(seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Category: value}))
		d, err := v.Draft(s, "dtw-1", ticket.Ref{})
		if err != nil {
			t.Fatal(err)
		}
		sent, err := json.Marshal(d.Fields[0].JSON)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			A string `json:"a"`
			B []any  `json:"b"`
			N int    `json:"n"`
		}
		dec := json.NewDecoder(strings.NewReader(string(sent)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil || dec.More() || len(got.B) != 2 {
			t.Fatalf("%s: %v", sent, err)
		}
		shown := ticket.Clean(strip(value))
		inner, ok := got.B[1].(map[string]any)
		if !utf8.ValidString(value) || len(value) > maxJSONValue/2 { // then it may be cut
			return
		}
		if got.A != shown || got.B[0] != "x"+shown+"y" || !ok || len(inner) != 1 || inner["c"] != ticket.Clean(strings.ToLower(strip(value)))+shown {
			t.Fatalf("%q: %s", shown, sent)
		}
	})
}

func TestAURLFromAFindingLeadsToThePortalOrNowhere(t *testing.T) {
	for _, text := range []string{"{{.AssetURL}}", "https://{{.AssetURL}}", "{{.AssetURL}}/x", "http{{.AssetURL}}", "https://www.securetheorem.com{{.AssetURL}}"} {
		r := jiraRule()
		r.Fields = map[string]any{"Team": typedAs("url", text)}
		v := view(t, r, sampleViolation(finding.Open))
		rapid.Check(t, func(t *rapid.T) {
			raw := rapid.OneOf(rapid.String(), rapid.StringMatching(`(https?://)?(www\.)?(securetheorem\.com|evil\.example)[@:/.?#\\]*(evil\.example|securetheorem\.com)?(/x)?`)).Draw(t, "url")
			d, err := v.Draft(One(seen(finding.Violation, finding.Open, map[finding.Field]string{finding.AssetURL: raw})), "dtw-1", ticket.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range d.Fields {
				if _, ok := v.m.portal.vet(f.Values[0]); !ok {
					t.Fatalf("%q leads to %q", raw, f.Values[0])
				}
			}
		})
	}
}
