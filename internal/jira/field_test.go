package jira

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// everyField is a project with a custom field of each type.
func everyField() jiratest.Project {
	return jiratest.Project{Key: "SEC", Versions: []string{"1.0", "2.0"}, Fields: map[string]jiratest.Field{
		"customfield_101": {Name: "Asset", Type: "text"},
		"customfield_102": {Name: "Evidence", Type: "paragraph"},
		"customfield_103": {Name: "Score", Type: "number"},
		"customfield_104": {Name: "Team", Type: "select", Allowed: []string{"Red", "Blue"}},
		"customfield_105": {Name: "Regions", Type: "multi_select", Allowed: []string{"EU", "US"}},
		"customfield_106": {Name: "Service", Type: "cascading", Allowed: []string{"Shop"}, Below: map[string][]string{"Shop": {"Cart"}}},
		"customfield_107": {Name: "Owner", Type: "user"},
		"customfield_108": {Name: "Seen on", Type: "date"},
		"customfield_109": {Name: "Tags", Type: "labels"},
		"customfield_110": {Name: "Portal", Type: "url"},
		"customfield_111": {Name: "Anything"},
	}}
}

// everyType has a value of each type, some of them hostile.
func everyType() []ticket.Field {
	return []ticket.Field{
		{Name: "Asset", Type: ticket.TextField, Values: []string{"s3://acme\n[~admin] !http://evil.example/x.png! {adf} " + markerB + "\u202e" + strings.Repeat(" word", 60)}},
		{Name: "customfield_102", Type: ticket.ParagraphField, Doc: ticket.Doc{ticket.Head("Evidence"), ticket.Para(ticket.Text("[~admin] {code}\n!x!")...)}},
		{Name: "score", Type: ticket.NumberField, Values: []string{" 9.80 "}},
		{Name: "TEAM", Type: ticket.SelectField, Values: []string{"Red"}},
		{Name: "Regions", Type: ticket.MultiSelectField, Values: []string{"EU", "2"}},
		{Name: "Service", Type: ticket.CascadingField, Values: []string{"Shop", "Cart"}},
		{Name: "Owner", Type: ticket.UserField, Values: []string{"5b10a2844c20165700ede21g"}},
		{Name: "Seen on", Type: ticket.DateField, Values: []string{"2026-11-23"}},
		{Name: "Tags", Type: ticket.LabelsField, Values: []string{"cloud team", "dtw 0123", "", "cloud-team"}},
		{Name: "Portal", Type: ticket.URLField, Values: []string{"https://www.securetheorem.com/api/violations/1"}},
		{Name: "Anything", Type: ticket.JSONField, JSON: map[string]any{"a": []any{1.5, nil, "x"}}},
		{Name: "environment", Type: ticket.ParagraphField, Doc: ticket.Doc{ticket.Para(ticket.Text("production")...)}},
		{Name: "versions", Type: ticket.MultiSelectField, Values: []string{"1.0"}},
	}
}

// recorder keeps the last body that was sent with a method.
type recorder struct {
	next   http.RoundTripper
	method string
	body   []byte
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == r.method {
		raw, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		r.body = raw
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(raw))
	}
	return r.next.RoundTrip(req)
}

func TestEveryTypeOfFieldIsWrittenAsJiraTakesIt(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		o := jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{everyField()}}
		server := jiratest.New(jiratest.Options{DataCenter: dc, Email: cloudEmail(dc), Token: secret, Now: noon, Projects: o.Projects})
		sent := &recorder{next: server, method: http.MethodPost}
		s := start(t, o, func(o *Options) { o.Transport = sent })
		s.Server = server
		d := draft()
		d.Fields = everyType()
		s.create(t, d)
		var body struct {
			Fields map[string]json.RawMessage `json:"fields"`
		}
		if err := json.Unmarshal(sent.body, &body); err != nil {
			t.Fatal(err)
		}
		for _, own := range []string{"project", "issuetype", "summary", "description", "labels", "priority"} {
			delete(body.Fields, own)
		}
		pretty, err := json.MarshalIndent(body.Fields, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		name := "fields.cloud.json"
		if dc {
			name = "fields.datacenter.json"
		}
		golden(t, name, string(pretty)+"\n")
		if strings.Contains(string(pretty), markerB) || strings.Contains(string(pretty), `"dtw-`) {
			t.Error("a field carries a marker")
		}
	})
}

func TestFieldsByIDNeedNoLookAtTheSite(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{everyField()}})
		d := draft()
		d.Fields = []ticket.Field{{Name: "customfield_104", Type: ticket.SelectField, Values: []string{"Red"}}}
		d.DueDate, d.FixVersions = "2026-12-31", []string{"1.0", "2"}
		s.create(t, d)
		d.Marker = markerB
		issue := s.create(t, d)
		if calls := s.Calls(); calls["create"] != 2 || calls["serverInfo"] != 1 || len(calls) != 2 {
			t.Errorf("calls %v", calls)
		}
		if stored := s.stored(t, issue.Ref); stored.DueDate != "2026-12-31" || !slices.Equal(stored.FixVersions, []string{"1.0", "2.0"}) {
			t.Errorf("stored %+v", stored)
		}
	})
}

func TestNamesAreLookedUpOncePerProcess(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{everyField()}})
	d := draft()
	for _, marker := range []string{markerA, markerB} {
		d.Marker = marker
		d.Fields = []ticket.Field{{Name: "Team", Type: ticket.SelectField, Values: []string{"Red"}}, {Name: "asset", Type: ticket.TextField, Values: []string{"x"}}}
		s.create(t, d)
	}
	if n := s.Calls()["field"]; n != 1 {
		t.Errorf("%d look-ups", n)
	}
}

func TestANameThatTheSiteDoesNotHaveIsAskedForOnceAMinute(t *testing.T) {
	now := noon()
	s := start(t, jiratest.Options{Projects: []jiratest.Project{everyField()}}, func(o *Options) { o.Now = func() time.Time { return now } })
	d := draft()
	d.Fields = []ticket.Field{{Name: "Taem", Type: ticket.SelectField, Values: []string{"Red"}}}
	for range 3 {
		_, err := s.t.Create(t.Context(), d)
		if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Hint, "Team") || !strings.Contains(e.Message, `"Taem"`) {
			t.Errorf("error %v, hint %q", e, e.Hint)
		}
	}
	if calls := s.Calls(); calls["field"] != 1 || calls["create"] != 0 {
		t.Errorf("calls %v", calls)
	}
	s.AddProject(jiratest.Project{Key: "NEW", Fields: map[string]jiratest.Field{"customfield_1": {Name: "Taem", Type: "select", Allowed: []string{"Red"}}}})
	d.Destination.Project = "NEW"
	now = now.Add(time.Minute)
	s.create(t, d)
	if n := s.Calls()["field"]; n != 2 {
		t.Errorf("%d look-ups", n)
	}
}

func TestANameOfSeveralFieldsHoldsTheTicketAndNamesThem(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Fields: map[string]jiratest.Field{"customfield_7": {Name: "Team"}, "customfield_8": {Name: "team"}}})
		d := draft()
		d.Fields = []ticket.Field{{Name: "Team", Type: ticket.TextField, Values: []string{"x"}}}
		_, err := s.t.Create(t.Context(), d)
		if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Hint, "customfield_7, customfield_8") {
			t.Errorf("hint %q", e.Hint)
		}
		if len(s.Effects()) != 0 || s.Calls()["create"] != 0 {
			t.Errorf("calls %v", s.Calls())
		}
	})
}

func TestTheSameFieldTwiceIsRefused(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{everyField()}})
	d := draft()
	d.Fields = []ticket.Field{{Name: "Team", Type: ticket.SelectField, Values: []string{"Red"}}, {Name: "customfield_104", Type: ticket.SelectField, Values: []string{"Blue"}}}
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Message, "customfield_104") {
		t.Errorf("error %v", e)
	}
}

// What fails before the POST must never be taken for a POST in doubt: nothing would look for it,
// and nothing was made.
func TestALookUpThatFailsIsNeverInDoubt(t *testing.T) {
	faults := map[string]jiratest.Fault{
		"cut":       {Kind: jiratest.Cut},
		"500":       {Kind: jiratest.Answer, Code: 500},
		"404":       {Kind: jiratest.Answer, Code: 404},
		"429":       {Kind: jiratest.Answer, Code: 429},
		"page":      {Kind: jiratest.HTML},
		"truncated": {Kind: jiratest.Truncated},
		"empty":     {Kind: jiratest.Empty},
		"redirect":  {Kind: jiratest.Redirect, Location: "https://evil.example/"},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) {
				s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{everyField()}})
				fault.Op, fault.Times = "field", -1
				s.Fail(fault)
				d := draft()
				d.Fields = []ticket.Field{{Name: "Team", Type: ticket.SelectField, Values: []string{"Red"}}}
				_, err := s.t.Create(t.Context(), d)
				if err == nil || ticket.DecisionOf(err) == ticket.Doubt || s.Calls()["create"] != 0 {
					t.Errorf("%v, calls %v", err, s.Calls())
				}
				s.Heal()
				s.create(t, d)
			})
		})
	}
}

func TestAListOfFieldsThatIsForbiddenHoldsTheTicketAlone(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{everyField()}})
	s.Fail(*answered("field", 403))
	d := draft()
	d.Fields = []ticket.Field{{Name: "Team", Type: ticket.SelectField, Values: []string{"Red"}}}
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Hint, "by their ids") {
		t.Errorf("hint %q", e.Hint)
	}
}

func TestAValueThatIsNotOfItsTypeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for name, f := range map[string]ticket.Field{
		"a number":             {Type: ticket.NumberField, Values: []string{"high"}},
		"infinity":             {Type: ticket.NumberField, Values: []string{"Inf"}},
		"hexadecimal":          {Type: ticket.NumberField, Values: []string{"0x10"}},
		"a date":               {Type: ticket.DateField, Values: []string{"23.11.2026"}},
		"a day that is none":   {Type: ticket.DateField, Values: []string{"2026-02-30"}},
		"an address":           {Type: ticket.URLField, Values: []string{"javascript:alert(1)"}},
		"an address with user": {Type: ticket.URLField, Values: []string{"https://user:word@example.com/"}},
		"nothing":              {Type: ticket.TextField},
		"no option":            {Type: ticket.CascadingField},
		"three options":        {Type: ticket.CascadingField, Values: []string{"a", "b", "c"}},
		"no type":              {Type: "colour", Values: []string{"red"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, jiratest.Options{})
			d := draft()
			f.Name = "customfield_7"
			d.Fields = []ticket.Field{f}
			_, err := s.t.Create(t.Context(), d)
			e := wantDecision(t, err, ticket.HoldTicket)
			if !strings.Contains(e.Message, "customfield_7") || e.Hint == "" || s.Calls()["create"] != 0 {
				t.Errorf("error %v, hint %q", e, e.Hint)
			}
		})
	}
}

func TestARefusedFieldNamesTheKeyOfTheRule(t *testing.T) {
	required := everyField()
	team := required.Fields["customfield_104"]
	team.Required = true
	required.Fields["customfield_104"] = team
	for name, test := range map[string]struct {
		project jiratest.Project
		field   *ticket.Field
		hint    string
	}{
		"the wrong type by name": {everyField(), &ticket.Field{Name: "Team", Type: ticket.TextField, Values: []string{"Red"}}, `fields.Team must be { select = "…" }`},
		"the wrong type by id":   {everyField(), &ticket.Field{Name: "customfield_102", Type: ticket.NumberField, Values: []string{"1"}}, `fields.customfield_102 must be { paragraph = "…" }`},
		"no such option":         {everyField(), &ticket.Field{Name: "Team", Type: ticket.SelectField, Values: []string{"Green"}}, "does not take the value of fields.Team"},
		"not set":                {required, nil, `set fields.Team = { select = "…" } in the rule`},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) {
				s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{test.project}})
				d := draft()
				if test.field != nil {
					d.Fields = []ticket.Field{*test.field}
				}
				_, err := s.t.Create(t.Context(), d)
				if e := wantDecision(t, err, ticket.HoldTicket); !strings.Contains(e.Hint, test.hint) {
					t.Errorf("hint %q, want %q in it; %v", e.Hint, test.hint, e)
				}
				if len(s.Effects()) != 0 {
					t.Errorf("effects %v", s.Effects())
				}
			})
		})
	}
}

func TestTheHintStaysGeneralWhereTheTypesCannotBeRead(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{everyField()}})
	s.Fail(jiratest.Fault{Op: "field", Kind: jiratest.Cut, Times: -1})
	d := draft()
	d.Fields = []ticket.Field{{Name: "customfield_104", Type: ticket.TextField, Values: []string{"Red"}}}
	_, err := s.t.Create(t.Context(), d)
	if e := wantDecision(t, err, ticket.HoldTicket); e.Hint != hintFields || e.Fields["customfield_104"] == "" {
		t.Errorf("error %v, hint %q", e, e.Hint)
	}
}
