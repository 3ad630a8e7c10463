package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// The checks, as [ticket.Symptom] names them.
const (
	checkSite        = "site"
	checkCredential  = "credential"
	checkProject     = "project"
	checkPermissions = "permissions"
	checkType        = "issue type"
	checkLabels      = "labels"
	checkRequired    = "required field"
)

// Examine looks whether the site will take what the rules ask of one destination. It changes
// nothing: it reads, and searches once. A usual destination takes about a dozen calls. What may make
// it more is bounded: pages of create metadata (metaPages for types, as many for fields), assignees
// and parents (peopleLimit each, one call each), transitions (one call for each status on the way),
// the resolutions (one for each outcome that cannot be followed to its end). A cheap need takes
// three calls, and one more where the configuration does not tell the deployment.
//
// Every answer that fails becomes a Symptom. Jira tells a plain account nothing of a workflow but
// the transitions from where an issue is: they are read from recent issues of the type, and what
// cannot be read from these is Unknown.
func (t *Tracker) Examine(ctx context.Context, n ticket.Need) []ticket.Symptom {
	e := &examination{t: t, need: n}
	for _, look := range []func(context.Context) bool{e.site, e.credential, e.project, e.permissions, e.issueType} {
		if !look(ctx) {
			return e.symptoms
		}
	}
	if n.Cheap {
		return e.symptoms
	}
	if e.readScreen(ctx) {
		e.labels()
		e.values(ctx)
		e.required()
	}
	e.people(ctx)
	e.parents(ctx)
	e.workflow(ctx)
	return e.symptoms
}

// examination is one run of Examine. Its steps tell whether it makes sense to go on.
type examination struct {
	t        *Tracker
	need     ticket.Need
	cloud    bool
	ours     func(user) bool
	typ      issueType
	screen   []metaField // of the create screen
	symptoms []ticket.Symptom
}

// add notes a symptom. Its words may come from an answer.
func (e *examination) add(s ticket.Symptom) {
	s.Text, s.Hint = outbound.Printable(s.Text, messageLimit), outbound.Printable(s.Hint, 2*messageLimit)
	e.symptoms = append(e.symptoms, s)
}

func (e *examination) healthy(check string, key []string, format string, args ...any) {
	e.add(ticket.Symptom{Severity: ticket.Healthy, Check: check, Text: fmt.Sprintf(format, args...), Key: key})
}

func (e *examination) unknown(check string, key []string, text, hint string) {
	e.add(ticket.Symptom{Severity: ticket.Unknown, Check: check, Text: text, Hint: hint, Key: key})
}

// failed notes that a look brought no answer: Unknown where another time may do better. about says what
// cannot be looked at, where the words are not our own.
func (e *examination) failed(check, about string, key []string, err error) {
	te := ticket.AsError(err)
	text := strings.TrimPrefix(err.Error(), te.Op+": ")
	if te.Status != 0 || te.Err != nil {
		text = about + ": " + text
	}
	severity := ticket.Failing
	switch te.Decision {
	case ticket.Retry, ticket.Doubt, ticket.Pause, ticket.Slow, ticket.Conflict:
		severity = ticket.Unknown
	case ticket.HoldTicket, ticket.HoldDestination, ticket.HoldTracker, ticket.Missing, ticket.Gone, ticket.Refused:
	}
	hint := te.Hint
	if severity == ticket.Unknown && hint == "" {
		hint = "try again later"
	}
	e.add(ticket.Symptom{Severity: severity, Check: check, Text: text, Hint: hint, Key: key})
}

// wants gives what the rules want of some aspects.
func (e *examination) wants(aspects ...ticket.Aspect) []ticket.Want {
	var out []ticket.Want
	for _, w := range e.need.Wants {
		if slices.Contains(aspects, w.Aspect) {
			out = append(out, w)
		}
	}
	return out
}

// site looks whether the site answers, and is what the configuration says.
func (e *examination) site(ctx context.Context) bool {
	if e.need.Cheap {
		return true
	}
	is, version, err := e.t.serverInfo(ctx)
	if err != nil {
		if errors.Is(err, errCredential) || errors.Is(err, errRejected) || ticket.AsError(err).Status == http.StatusUnauthorized {
			return true // the next step tells it
		}
		e.failed(checkSite, e.t.o.Base.Host+" does not answer as a Jira does", nil, err)
		return false
	}
	names := map[string]string{Cloud: "Jira Cloud", DataCenter: "Jira Data Center"}
	if want := e.t.o.Deployment; want != "" && want != is {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkSite, Text: fmt.Sprintf("the site is %s, but the tracker's deployment is %q", names[is], want),
			Hint: "correct deployment of this tracker, or remove it: the site is asked then", Paste: "deployment = " + tomlText(is)})
		return false
	}
	e.healthy(checkSite, nil, "%s answers: %s %s", e.t.o.Base.Host, names[is], version)
	return true
}

func (e *examination) credential(ctx context.Context) bool {
	me, err := e.t.identify(ctx)
	if err != nil {
		e.failed(checkCredential, "the account of the credential is not told", nil, err)
		return false
	}
	if e.cloud, err = e.t.cloud(ctx); err == nil {
		e.ours, err = e.t.ours(ctx)
	}
	if err != nil {
		e.failed(checkSite, e.t.o.Base.Host+" does not answer as a Jira does", nil, err)
		return false
	}
	e.healthy(checkCredential, nil, "the credential belongs to %s (%s)", outbound.Printable(me.DisplayName, wordLimit), me.id())
	return true
}

func (e *examination) project(ctx context.Context) bool {
	key := e.need.Destination.Project
	if !reProject.MatchString(key) {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkProject, Text: fmt.Sprintf("%q is no key of a project", key), Hint: "name the project by a key like SEC", Key: e.need.Key})
		return false
	}
	path, _, err := e.t.api(ctx, "project", key)
	var seen struct {
		Key      string `json:"key"`
		Name     string `json:"name"`
		Archived bool   `json:"archived"`
	}
	if err == nil {
		err = e.t.do(ctx, request{op: "project", method: http.MethodGet, path: path}, &seen)
	}
	switch {
	case err != nil:
		e.failed(checkProject, "project "+key+" cannot be read", e.need.Key, amend(err, func(te *ticket.Error) {
			if te.Decision == ticket.HoldDestination {
				te.Hint = hintProject
			}
		}))
		return false
	case seen.Archived:
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkProject, Text: "project " + key + " is archived", Hint: hintArchived, Key: e.need.Key})
		return false
	case seen.Key != "" && !strings.EqualFold(seen.Key, key):
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkProject, Text: fmt.Sprintf("project %s has the key %s now", key, outbound.Printable(seen.Key, wordLimit)),
			Hint: "use the new key: searches by the old one may end", Paste: "project = " + tomlText(seen.Key), Key: e.need.Key})
	default:
		e.healthy(checkProject, e.need.Key, "project %s can be seen: %s", key, outbound.Printable(seen.Name, wordLimit))
	}
	return true
}

// issueType looks whether the type can be created in the project.
func (e *examination) issueType(ctx context.Context) bool {
	want, key := e.need.Destination.IssueType, e.need.Key
	if wants := e.wants(ticket.WantIssueType); len(wants) > 0 {
		key = wants[0].Key
	}
	types, err := e.t.issueTypes(ctx, e.need.Destination.Project)
	if err != nil {
		e.failed(checkType, "the types of issue of project "+e.need.Destination.Project+" cannot be read", key, err)
		return true
	}
	i := slices.IndexFunc(types, func(i issueType) bool { return i.is(want) })
	switch {
	case len(types) == 0:
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkType, Text: "the account may create no type of issue in project " + e.need.Destination.Project,
			Hint: "give the account the permission Create Issues in the project", Key: e.need.Key})
	case i < 0:
		e.add(noType(e.need.Destination, types, key))
	case types[i].Subtask:
		e.typ = types[i]
		e.subtask(key)
	default:
		e.typ = types[i]
		e.healthy(checkType, key, "issue type %q can be created", want)
	}
	return true
}

// subtask looks whether every rule names the parent that a sub-task needs.
func (e *examination) subtask(key []string) {
	want := e.need.Destination.IssueType
	rules := e.lacking(e.need.Rules, func(w ticket.Want) bool { return w.Aspect == ticket.WantParent })
	if len(rules) == 0 {
		e.healthy(checkType, key, "issue type %q can be created", want)
		return
	}
	e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkType, Text: fmt.Sprintf("issue type %q is one of sub-tasks, which need a parent, and %s", want, e.doNotSet(rules)),
		Hint: "set parent there, or choose another issue_type", Paste: "parent = " + tomlText(e.need.Destination.Project+"-1"), Key: e.keyOf(rules[0])})
}

func noType(to ticket.Destination, types []issueType, key []string) ticket.Symptom {
	var names []string
	for _, i := range types {
		names = append(names, i.Name)
	}
	advice := append(nearest(to.IssueType, names), names...)
	return ticket.Symptom{Severity: ticket.Failing, Check: checkType, Text: fmt.Sprintf("project %s has no issue type %q", to.Project, to.IssueType),
		Hint: "set issue_type of the rule to a type that the project has: " + list(names), Paste: "issue_type = " + tomlText(advice[0]), Key: key}
}
