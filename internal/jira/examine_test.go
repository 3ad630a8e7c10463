package jira

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/ticket"
)

// need is a destination with what its one rule wants of it, as far as a want does not name another.
func need(wants ...ticket.Want) ticket.Need {
	wants = slices.Clone(wants)
	for i, w := range wants {
		if w.Rules == nil {
			wants[i].Rules = []string{"all"}
		}
	}
	return ticket.Need{Destination: ticket.Destination{Tracker: "main", Project: "SEC", IssueType: "Bug"}, Rules: []string{"all"},
		Key: []string{"rule", "0", "project"}, Wants: wants}
}

func want(a ticket.Aspect, value string) ticket.Want {
	return ticket.Want{Aspect: a, Value: value, Key: []string{"rule", "0", string(a)}}
}

func wantField(name string, typ ticket.FieldType, values ...string) ticket.Want {
	return ticket.Want{Aspect: ticket.WantField, Field: &ticket.Field{Name: name, Type: typ, Values: values}, Key: []string{"rule", "0", "fields", name}}
}

func wantWay(disposition string, path ...string) ticket.Want {
	return ticket.Want{Aspect: ticket.WantTransition, Disposition: disposition, Path: path, Key: []string{"rule", "0", "on", disposition}}
}

// wantAnyWay is of a rule that says nothing of the disposition.
func wantAnyWay(disposition string) ticket.Want {
	w := wantWay(disposition)
	w.Key = []string{"rule", "0"}
	return w
}

func wantOn(disposition string, a ticket.Aspect, value string) ticket.Want {
	return ticket.Want{Aspect: a, Disposition: disposition, Value: value, Key: []string{"rule", "0", "on", disposition, string(a)}}
}

func wantScreenField(disposition, name string, typ ticket.FieldType, values ...string) ticket.Want {
	w := wantField(name, typ, values...)
	w.Aspect, w.Disposition = ticket.WantScreenField, disposition
	return w
}

// wellProject has everything that everyWant wants.
func wellProject() jiratest.Project {
	p := everyField()
	p.IssueTypes = []string{"Bug", "Epic"}
	p.Components, p.SecurityLevels, p.Assignable = []string{"api"}, []string{"Internal"}, []string{"5b10a2844c20165700ede21g"}
	p.Workflow = jiratest.ReviewWorkflow()
	p.Required = []string{"components"}
	return p
}

func everyWant() []ticket.Want {
	wants := []ticket.Want{
		want(ticket.WantIssueType, "Bug"), want(ticket.WantLabel, "security"), want(ticket.WantPriority, "High"), want(ticket.WantPriority, ""),
		want(ticket.WantComponent, "api"), want(ticket.WantFixVersion, "1.0"), want(ticket.WantDueDate, ""), want(ticket.WantSecurityLevel, "Internal"),
		want(ticket.WantAssignee, "5b10a2844c20165700ede21g"), want(ticket.WantParent, "SEC-1"),
		wantWay("fixed", "In Progress", "In Review", "Resolved"), wantOn("fixed", ticket.WantResolution, "Fixed"),
		wantWay("open"),
	}
	for _, f := range everyType() {
		wants = append(wants, ticket.Want{Aspect: ticket.WantField, Field: &f, Key: []string{"rule", "0", "fields", f.Name}})
	}
	return wants
}

// populated is a project with an epic and an issue of ours in each status.
func populated(t *testing.T, s setup) {
	t.Helper()
	epic := draft()
	epic.Destination.IssueType, epic.Marker, epic.Components = "Epic", "dtw-00000000000000000000000e", []string{"api"}
	s.create(t, epic)
	for n, status := range []string{"Open", "In Progress", "In Review", "Resolved"} {
		d := draft()
		d.Marker, d.Components = d.Marker[:len(d.Marker)-1]+string(rune('a'+n)), []string{"api"}
		issue := s.create(t, d)
		if err := s.MoveToStatus(issue.Ref.Key, status); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADestinationThatIsWellHasNoSymptom(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		s := start(t, jiratest.Options{DataCenter: dc, Projects: []jiratest.Project{wellProject()}, PageSize: 7})
		populated(t, s)
		before := len(s.Effects())
		all := s.t.Examine(t.Context(), need(everyWant()...))
		checks := map[string]bool{}
		for _, symptom := range all {
			checks[symptom.Check] = true
			if symptom.Severity != ticket.Healthy || symptom.Hint != "" || symptom.Paste != "" {
				t.Errorf("%+v", symptom)
			}
		}
		for _, check := range []string{"site", "credential", "project", "permissions", "issue type", "labels", "priority", "component", "fix version", "due date",
			"security level", "assignee", "parent", "field", "required field", "transition", "resolution"} {
			if !checks[check] {
				t.Errorf("no check of %s", check)
			}
		}
		if len(s.Effects()) != before {
			t.Errorf("an examination had effects: %v", s.Effects()[before:])
		}
	})
}

func TestACheapExaminationTakesThreeCalls(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		deployment := Cloud
		if dc {
			deployment = DataCenter
		}
		s := start(t, jiratest.Options{DataCenter: dc}, func(o *Options) { o.Deployment = deployment })
		n := need(everyWant()...)
		n.Cheap = true
		for _, symptom := range s.t.Examine(t.Context(), n) {
			if symptom.Severity != ticket.Healthy {
				t.Errorf("%+v", symptom)
			}
		}
		total := 0
		for _, calls := range s.Calls() {
			total += calls
		}
		if total != 3 {
			t.Errorf("calls %v", s.Calls())
		}
	})
}

// faulty is something wrong at the site or in the rules, and the symptom that tells it.
type faulty struct {
	change   func(*jiratest.Options, *jiratest.Project)
	need     func(*ticket.Need)
	fault    *jiratest.Fault
	severity ticket.Severity
	check    string
	text     string
	hint     string
	paste    string
	key      string // last part; "": none
}

func TestEveryFaultOfADestinationIsASymptom(t *testing.T) {
	for name, f := range faults() {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, dc bool) { f.test(t, dc) })
		})
	}
}

func (f faulty) test(t *testing.T, dc bool) {
	t.Helper()
	p := wellProject()
	o := jiratest.Options{DataCenter: dc}
	if f.change != nil {
		f.change(&o, &p)
	}
	o.Projects = append(o.Projects, p)
	s := start(t, o)
	n := need(everyWant()...)
	if f.need != nil {
		f.need(&n)
	}
	if f.fault != nil {
		s.Fail(*f.fault)
	}
	all := s.t.Examine(t.Context(), n)
	i := slices.IndexFunc(all, func(s ticket.Symptom) bool {
		return s.Severity == f.severity && s.Check == f.check && strings.Contains(s.Text, f.text)
	})
	if i < 0 {
		t.Fatalf("no symptom %s of %s with %q in\n%s", f.severity, f.check, f.text, tell(all))
	}
	got, key := all[i], ""
	if len(got.Key) > 0 {
		key = got.Key[len(got.Key)-1]
	}
	if strings.HasPrefix(got.Text, got.Check+":") {
		t.Errorf("it says twice what was looked at: %s: %s", got.Check, got.Text)
	}
	if got.Hint == "" || !strings.Contains(got.Hint, f.hint) || got.Paste != f.paste || key != f.key {
		t.Errorf("symptom %+v", got)
	}
	if len(s.Effects()) != 0 {
		t.Errorf("effects %v", s.Effects())
	}
}

func tell(all []ticket.Symptom) string {
	var lines []string
	for _, s := range all {
		if s.Severity != ticket.Healthy {
			lines = append(lines, string(s.Severity)+" "+s.Check+": "+s.Text+" | "+s.Hint+" | "+s.Paste)
		}
	}
	return strings.Join(lines, "\n")
}

func lacking(permission string) func(*jiratest.Options, *jiratest.Project) {
	return func(_ *jiratest.Options, p *jiratest.Project) { p.Lacking = []string{permission} }
}

func excess(permission string) func(*jiratest.Options, *jiratest.Project) {
	return func(_ *jiratest.Options, p *jiratest.Project) { p.Excess = []string{permission} }
}

func hidden(fields ...string) func(*jiratest.Options, *jiratest.Project) {
	return func(_ *jiratest.Options, p *jiratest.Project) { p.HiddenFields = fields }
}

func also(wants ...ticket.Want) func(*ticket.Need) {
	return func(n *ticket.Need) { n.Wants = append(n.Wants, need(wants...).Wants...) }
}

func only(wants ...ticket.Want) func(*ticket.Need) {
	return func(n *ticket.Need) { n.Wants = need(wants...).Wants }
}

func answered(op string, code int) *jiratest.Fault {
	return &jiratest.Fault{Op: op, Kind: jiratest.Answer, Code: code, Times: -1}
}

// faults is everything that Examine tells but the workflow's.
func faults() map[string]faulty {
	all := map[string]faulty{
		"site out of reach":      {fault: &jiratest.Fault{Kind: jiratest.Cut, Times: -1}, severity: ticket.Unknown, check: "site", hint: "try again"},
		"site that moved":        {fault: &jiratest.Fault{Kind: jiratest.Redirect, Location: "https://new.example/", Times: -1}, severity: ticket.Failing, check: "site", text: "new.example", hint: "final address"},
		"site that is a page":    {fault: &jiratest.Fault{Kind: jiratest.HTML, Times: -1}, severity: ticket.Unknown, check: "site", text: "not JSON"},
		"wrong token":            {fault: answered("myself", 401), severity: ticket.Failing, check: "credential", hint: "API token"},
		"CAPTCHA":                {fault: &jiratest.Fault{Op: "myself", Kind: jiratest.Answer, Code: 403, Header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, Times: -1}, severity: ticket.Failing, check: "credential", hint: "CAPTCHA"},
		"throttled":              {fault: answered("myself", 429), severity: ticket.Unknown, check: "credential", text: "429", hint: "try again"},
		"no such project":        {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Key = "OTHER" }, severity: ticket.Failing, check: "project", text: "404", hint: "Browse Projects", key: "project"},
		"hidden project":         {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Hidden = true }, severity: ticket.Failing, check: "project", text: "404", hint: "Browse Projects", key: "project"},
		"archived project":       {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Archived = true }, severity: ticket.Failing, check: "project", text: "archived", hint: "restore", key: "project"},
		"a key that is none":     {need: func(n *ticket.Need) { n.Destination.Project = "../x" }, severity: ticket.Failing, check: "project", text: `"../x" is no key`, hint: "like SEC", key: "project"},
		"permissions unreadable": {fault: answered("permissions", 500), severity: ticket.Unknown, check: "permissions", text: "500", hint: "try again", key: "project"},

		"no such issue type": {need: func(n *ticket.Need) { n.Destination.IssueType = "Bgu" }, severity: ticket.Failing, check: "issue type", text: `"Bgu"`, hint: "Bug, Epic", paste: `issue_type = "Bug"`, key: "issue_type"},
		"types unreadable":   {fault: answered("createmeta", 500), severity: ticket.Unknown, check: "issue type", text: "500", hint: "try again", key: "issue_type"},
		"sub-task without a parent": {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Subtasks = []string{"Bug"} }, need: only(), severity: ticket.Failing, check: "issue type",
			text: "sub-tasks", hint: "set parent", paste: `parent = "SEC-1"`, key: "project"},

		"labels off the screen":   {change: hidden("labels"), severity: ticket.Warning, check: "labels", text: "by its text alone", hint: "Labels", key: "label"},
		"priority off the screen": {change: hidden("priority"), severity: ticket.Warning, check: "priority", text: "without it", hint: "remove priority", key: "priority"},
		"no such priority":        {need: also(want(ticket.WantPriority, "Hihg")), severity: ticket.Warning, check: "priority", text: `"Hihg"`, hint: "near to it are: High", key: "priority"},
		"priority of other projects": {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Priorities = []string{"P1", "P2"} }, severity: ticket.Warning, check: "priority",
			text: `"High" does not exist in project SEC`, hint: "P1, P2", key: "priority"},
		"components off the screen": {change: hidden("components"), severity: ticket.Warning, check: "component", text: "not on the create screen", hint: "remove components", key: "component"},
		"no such component":         {need: also(want(ticket.WantComponent, "app")), severity: ticket.Warning, check: "component", text: `"app"`, hint: "api", key: "component"},
		"no such version":           {need: also(want(ticket.WantFixVersion, "3.0")), severity: ticket.Warning, check: "fix version", text: `"3.0"`, hint: "1.0, 2.0", key: "fix_version"},
		"version of digits called by its name": {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Versions = []string{"1.0", "2026"} }, need: also(want(ticket.WantFixVersion, "2026")), severity: ticket.Warning, check: "fix version",
			text: "with the id 2026", hint: `"2026" has the id 2`, key: "fix_version"},
		"component called by its id":  {need: also(want(ticket.WantComponent, "1")), severity: ticket.Warning, check: "component", text: `"1"`, hint: "api", key: "component"},
		"no version at all":           {change: func(_ *jiratest.Options, p *jiratest.Project) { p.Versions = nil }, severity: ticket.Warning, check: "fix version", text: `"1.0"`, hint: "there is none yet", key: "fix_version"},
		"due date off the screen":     {change: hidden("duedate"), severity: ticket.Warning, check: "due date", text: "without it", hint: "remove due", key: "due_date"},
		"no security levels":          {change: func(_ *jiratest.Options, p *jiratest.Project) { p.SecurityLevels = nil }, severity: ticket.Failing, check: "security level", text: "held", hint: "remove security_level", key: "security_level"},
		"no such security level":      {need: also(want(ticket.WantSecurityLevel, "Secret")), severity: ticket.Failing, check: "security level", text: `"Secret"`, hint: "Internal", key: "security_level"},
		"assignee off the screen":     {change: hidden("assignee"), severity: ticket.Warning, check: "assignee", text: "not on the create screen", hint: "remove assignee", key: "assignee"},
		"somebody not to be assigned": {need: also(want(ticket.WantAssignee, "nobody")), severity: ticket.Warning, check: "assignee", text: `"nobody"`, hint: "name", key: "assignee"},
		"assignees unreadable":        {fault: answered("assignable", 403), severity: ticket.Unknown, check: "assignee", text: "403", hint: "try again", key: "assignee"},
		"no such parent":              {need: also(want(ticket.WantParent, "SEC-99")), severity: ticket.Failing, check: "parent", text: "SEC-99", hint: "correct parent", key: "parent"},
		"a parent that is no key":     {need: also(want(ticket.WantParent, "the epic")), severity: ticket.Failing, check: "parent", text: "no key", hint: "SEC-12", key: "parent"},
	}
	maps.Copy(all, fieldFaults())
	maps.Copy(all, permissionFaults())
	return all
}

func permissionFaults() map[string]faulty {
	all := map[string]faulty{}
	for key, severity := range map[string]ticket.Severity{
		"BROWSE_PROJECTS": ticket.Failing, "CREATE_ISSUES": ticket.Failing, "EDIT_ISSUES": ticket.Failing, "ADD_COMMENTS": ticket.Failing,
		"TRANSITION_ISSUES": ticket.Failing, "SET_ISSUE_SECURITY": ticket.Failing, "DELETE_OWN_COMMENTS": ticket.Warning, "CLOSE_ISSUES": ticket.Warning,
		"ASSIGN_ISSUES": ticket.Warning, "SCHEDULE_ISSUES": ticket.Warning,
	} {
		words := strings.ReplaceAll(strings.ToLower(key), "_", " ")
		all["lacking "+words] = faulty{change: lacking(key), severity: severity, check: "permissions", text: "lacks the permission", hint: "permission scheme of project SEC", key: "project"}
	}
	for _, key := range []string{"ADMINISTER", "ADMINISTER_PROJECTS"} {
		all["too wide: "+strings.ToLower(key)] = faulty{change: excess(key), severity: ticket.Warning, check: "permissions", text: "never needs", hint: "without it", key: "project"}
	}
	return all
}

func fieldFaults() map[string]faulty {
	offScreen := func(o *jiratest.Options, _ *jiratest.Project) {
		o.Fields = map[string]jiratest.Field{"customfield_7": {Name: "Cost", Type: "number"}}
	}
	twice := func(o *jiratest.Options, _ *jiratest.Project) {
		o.Fields = map[string]jiratest.Field{"customfield_7": {Name: "Team", Type: "text"}}
	}
	required := func(id string) func(*jiratest.Options, *jiratest.Project) {
		return func(_ *jiratest.Options, p *jiratest.Project) {
			f := p.Fields[id]
			f.Required = true
			p.Fields[id], p.Required = f, nil
		}
	}
	years := func(_ *jiratest.Options, p *jiratest.Project) {
		p.Fields["customfield_112"] = jiratest.Field{Name: "Year", Type: "select", Allowed: []string{"2025", "2026"}}
		p.Fields["customfield_113"] = jiratest.Field{Name: "Quarter", Type: "cascading", Allowed: []string{"Q"}, Below: map[string][]string{"Q": {"1", "2"}}}
	}
	requiredBySystem := func(id string) func(*jiratest.Options, *jiratest.Project) {
		return func(_ *jiratest.Options, p *jiratest.Project) { p.Required = []string{id} }
	}
	missing := func(f faulty, paste string) faulty {
		f.need, f.severity, f.check, f.text, f.hint, f.paste, f.key = only(), ticket.Failing, "required field", `rule "all" does not set it`, "[defaults]", paste, "project"
		return f
	}
	return map[string]faulty{
		"no such field":           {need: also(wantField("Taem", ticket.SelectField)), severity: ticket.Failing, check: "field", text: `"Taem"`, hint: "Team", key: "Taem"},
		"field off the screen":    {change: offScreen, need: also(wantField("Cost", ticket.NumberField)), severity: ticket.Failing, check: "field", text: "not on the create screen of Bug in SEC", hint: "remove fields.Cost", key: "Cost"},
		"id off the screen":       {need: also(wantField("customfield_9", ticket.TextField)), severity: ticket.Failing, check: "field", text: "customfield_9", hint: "remove fields.customfield_9", key: "customfield_9"},
		"two fields of one name":  {change: twice, severity: ticket.Failing, check: "field", text: `2 fields "TEAM"`, hint: "customfield_104, customfield_7", paste: `fields.customfield_104 = { select = "Red" }`, key: "TEAM"},
		"fields unreadable":       {fault: answered("field", 500), severity: ticket.Unknown, check: "field", text: "500", hint: "try again", key: "Asset"},
		"a value of another type": {need: also(wantField("customfield_104", ticket.TextField, "Red")), severity: ticket.Failing, check: "field", text: "type text", hint: "type that the field has", paste: `fields.customfield_104 = { select = "Red" }`, key: "customfield_104"},
		"no such option":          {need: also(wantField("Team", ticket.SelectField, "Bleu")), severity: ticket.Failing, check: "field", text: `no option "Bleu"`, hint: "near to it are: Blue", paste: `fields.Team = { select = "Blue" }`, key: "Team"},
		"one option of several":   {need: also(wantField("Regions", ticket.MultiSelectField, "EU", "Mars")), severity: ticket.Failing, check: "field", text: `no option "Mars"`, hint: "EU, US", paste: `fields.Regions = { multi_select = ["EU"] }`, key: "Regions"},
		"no such option below":    {need: also(wantField("Service", ticket.CascadingField, "Shop", "Till")), severity: ticket.Failing, check: "field", text: `no option "Till"`, hint: "Cart", paste: `fields.Service = { cascading = ["Shop", "Cart"] }`, key: "Service"},
		"no such option above":    {need: also(wantField("Service", ticket.CascadingField, "Mall")), severity: ticket.Failing, check: "field", text: `no option "Mall"`, hint: "Shop", paste: `fields.Service = { cascading = ["Shop", "Cart"] }`, key: "Service"},

		"option of digits called by its name": {change: years, need: also(wantField("Year", ticket.SelectField, "2026")), severity: ticket.Failing, check: "field", text: `no option with the id 2026`,
			hint: `digits alone are an id: "2026" has the id 2`, paste: `fields.Year = { select = "2" }`, key: "Year"},
		"option below of digits called by its name": {change: years, need: also(wantField("Quarter", ticket.CascadingField, "Q", "1")), severity: ticket.Failing, check: "field", text: `no option with the id 1`,
			hint: `"1" has the id 101`, paste: `fields.Quarter = { cascading = ["Q", "101"] }`, key: "Quarter"},
		"required options of digits": missing(faulty{change: func(o *jiratest.Options, p *jiratest.Project) {
			years(o, p)
			f := p.Fields["customfield_112"]
			f.Required = true
			p.Fields["customfield_112"], p.Required = f, nil
		}}, `fields.Year = { select = "1" }`),

		"required text":         missing(faulty{change: required("customfield_101")}, `fields.Asset = { text = "…" }`),
		"required paragraph":    missing(faulty{change: required("customfield_102")}, `fields.Evidence = { paragraph = "…" }`),
		"required number":       missing(faulty{change: required("customfield_103")}, `fields.Score = { number = "1" }`),
		"required select":       missing(faulty{change: required("customfield_104")}, `fields.Team = { select = "Red" }`),
		"required multi-select": missing(faulty{change: required("customfield_105")}, `fields.Regions = { multi_select = ["EU"] }`),
		"required cascading":    missing(faulty{change: required("customfield_106")}, `fields.Service = { cascading = ["Shop", "Cart"] }`),
		"required user":         missing(faulty{change: required("customfield_107")}, `fields.Owner = { user = "…" }`),
		"required date":         missing(faulty{change: required("customfield_108")}, `fields."Seen on" = { date = "2026-12-31" }`),
		"required labels":       missing(faulty{change: required("customfield_109")}, `fields.Tags = { labels = ["…"] }`),
		"required address":      missing(faulty{change: required("customfield_110")}, `fields.Portal = { url = "https://…" }`),
		"required app field":    missing(faulty{change: required("customfield_111")}, `fields.Anything = { json = "…" }`),
		"required components":   missing(faulty{change: requiredBySystem("components")}, `components = ["api"]`),
		"required versions":     missing(faulty{change: requiredBySystem("fixVersions")}, `fix_versions = ["1.0"]`),
		"required due date":     missing(faulty{change: requiredBySystem("duedate")}, `due = { "*" = "30d" }`),
		"required security":     missing(faulty{change: requiredBySystem("security")}, `security_level = "Internal"`),
		"required assignee":     missing(faulty{change: requiredBySystem("assignee")}, `assignee = "…"`),
	}
}

func TestARequiredFieldWithADefaultOrSetByARuleIsWell(t *testing.T) {
	p := everyField()
	for _, id := range []string{"customfield_101", "customfield_104"} {
		f := p.Fields[id]
		f.Required, f.Default = true, id == "customfield_101"
		p.Fields[id] = f
	}
	s := start(t, jiratest.Options{Projects: []jiratest.Project{p}})
	for _, symptom := range s.t.Examine(t.Context(), need(wantField("team", ticket.SelectField))) {
		if symptom.Severity != ticket.Healthy {
			t.Errorf("%+v", symptom)
		}
	}
}

func TestOnlySoManyPeopleAreAskedFor(t *testing.T) {
	s := start(t, jiratest.Options{})
	var wants []ticket.Want
	for n := range 3 * peopleLimit {
		wants = append(wants, want(ticket.WantAssignee, strings.Repeat("x", 1+n/2))) // each twice
	}
	all := s.t.Examine(t.Context(), need(wants...))
	last := all[len(all)-1]
	if s.Calls()["assignable"] != peopleLimit || last.Severity != ticket.Unknown || last.Hint == "" {
		t.Errorf("calls %v, last %+v", s.Calls(), last)
	}
}

func TestTheDeploymentOfTheConfigurationIsCompared(t *testing.T) {
	both(t, func(t *testing.T, dc bool) {
		wrong, right := DataCenter, Cloud
		if dc {
			wrong, right = Cloud, DataCenter
		}
		s := start(t, jiratest.Options{DataCenter: dc}, func(o *Options) { o.Deployment = wrong })
		all := s.t.Examine(t.Context(), need())
		if len(all) != 1 || all[0].Severity != ticket.Failing || all[0].Check != "site" || all[0].Paste != `deployment = "`+right+`"` || all[0].Key != nil {
			t.Errorf("symptoms %+v", all)
		}
	})
}

func TestNobodyIsBelievedWhoAnswersForAnotherAccount(t *testing.T) {
	s := start(t, jiratest.Options{}, func(o *Options) { o.Identity = "somebody@example.com" })
	all := s.t.Examine(t.Context(), need())
	last := all[len(all)-1]
	if last.Severity != ticket.Failing || last.Check != "credential" || !strings.Contains(last.Text, "another account") {
		t.Errorf("symptoms %+v", all)
	}
}

func TestAnAnonymousSiteIsNotTakenForAnAccount(t *testing.T) {
	for _, way := range []jiratest.Anonymity{jiratest.Strict, jiratest.Anonymous, jiratest.AnonymousSilent} {
		s := start(t, jiratest.Options{Token: "another", WrongToken: way})
		all := s.t.Examine(t.Context(), need(everyWant()...))
		if last := all[len(all)-1]; last.Severity != ticket.Failing || last.Check != "credential" || last.Hint == "" {
			t.Errorf("%q: %+v", way, all)
		}
	}
}

// Whatever a site answers, an examination ends, in printable lines, and never says that all is well.
func TestAnExaminationOutlivesEveryAnswer(t *testing.T) {
	bodies := []string{``, `null`, `[]`, `{}`, `"x"`, `7`, `{"fields":null,"issueTypes":[null,{"id":"1","name":"Bug"}],"values":[{}],"isLast":false,"total":9}`,
		`[{"id":"1","name":"\u001b[31mBug\u202e"}]`, `{"permissions":null,"issues":[null,{"id":"1"}],"key":"` + strings.Repeat("x", 5000) + `","accountId":"a","deploymentType":"Cloud"}`,
		`{"accountId":"a","deploymentType":"Cloud","key":"SEC","issueTypes":[{"id":"10001","name":"Bug"}],"fields":[{"fieldId":"labels","required":true,"schema":null,"allowedValues":{"a":1}},{"fieldId":"priority","allowedValues":[7,{"name":"\u0007High"}]}],"total":2}`}
	for _, body := range bodies {
		for _, deployment := range []string{"", Cloud, DataCenter} {
			s := start(t, jiratest.Options{}, func(o *Options) { o.Deployment, o.Transport = deployment, answering(http.StatusOK, body) })
			all := s.t.Examine(t.Context(), need(everyWant()...))
			if !slices.ContainsFunc(all, func(s ticket.Symptom) bool { return s.Severity != ticket.Healthy }) {
				t.Errorf("%q: all is well", body)
			}
			for _, symptom := range all {
				if strings.ContainsAny(symptom.Text+symptom.Hint+symptom.Paste, "\x1b\u202e\a\n") || len(symptom.Text) > 4*messageLimit || strings.Contains(symptom.Text+symptom.Hint, secret) {
					t.Errorf("%q: %+v", body, symptom)
				}
			}
		}
	}
}

func TestAnEndedContextEndsAnExamination(t *testing.T) {
	s := start(t, jiratest.Options{Projects: []jiratest.Project{wellProject()}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := s.t.Examine(ctx, need(everyWant()...))
	if len(all) != 1 || all[0].Severity != ticket.Unknown || len(s.Calls()) != 0 {
		t.Errorf("symptoms %+v, calls %v", all, s.Calls())
	}
}
