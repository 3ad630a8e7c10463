package github

import (
	"context"
	"net/http"
	"strings"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// Examine looks, without changing anything, whether GitHub will take what the rules ask of a
// repository. A cheap examination costs two calls, four with a GitHub App (one of them for a token of
// its installation, as any other work does); a whole one a further call, at most thirty for labels
// and milestones together, and one for each assignee.
//
// What GitHub does not tell beforehand stays unknown: what a fine-grained token may write, and which
// labels are made of findings.
func (t *Tracker) Examine(ctx context.Context, n ticket.Need) []ticket.Symptom {
	e := &examination{t: t, need: n}
	e.run(ctx)
	return e.symptoms
}

// The things that are looked at, as Symptom.Check has them, beside those of the tracker as a whole.
const (
	checkInstallation = "installation"
	checkRepository   = "repository"
	checkPermissions  = "permissions"
	checkIssues       = "issues"
	checkStateReason  = "state reason"
	checkLabel        = "label"
	checkAssignee     = "assignee"
	checkMilestone    = "milestone"
)

// examination collects what is found about one repository.
type examination struct {
	t        *Tracker
	need     ticket.Need
	place    place
	scopes   scopes
	role     role
	symptoms []ticket.Symptom
}

func (e *examination) run(ctx context.Context) {
	p, err := parsePlace(e.need.Destination.Project)
	if err != nil {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRepository, Text: err.Error(), Hint: "name it as owner/repo"})
		return
	}
	e.place = p
	if !e.account(ctx) || !e.installation(ctx) || !e.repository(ctx) || e.need.Cheap {
		return
	}
	e.issues(ctx)
	e.labels(ctx)
	e.assignees(ctx)
	e.milestones(ctx)
}

func (e *examination) add(s ticket.Symptom) { e.symptoms = append(e.symptoms, s) }

// well adds what was looked at and found well; key may be nil.
func (e *examination) well(check, text string, key []string) {
	e.add(ticket.Symptom{Severity: ticket.Healthy, Check: check, Text: text, Key: key})
}

// trouble adds the symptom of a call that did not succeed: what GitHub refuses it will refuse again,
// what merely did not come is unknown.
func (e *examination) trouble(check, about string, key []string, err error) {
	cause := ticket.AsError(err)
	s := ticket.Symptom{Severity: ticket.Failing, Check: check, Text: about + ": " + cause.Error(), Hint: cause.Hint, Key: key}
	switch cause.Decision {
	case ticket.Retry, ticket.Doubt, ticket.Pause:
		s.Severity = ticket.Unknown
		if s.Hint == "" {
			s.Hint = "try again later"
		}
	default:
	}
	e.add(s)
}

// unanswered adds the symptom of a first call that did not succeed, which is about the host or about
// the credential.
func (e *examination) unanswered(x *outbound.Exchange, err error) {
	host, cause := e.t.o.API.Host, ticket.AsError(err)
	s := ticket.Symptom{Severity: ticket.Failing, Check: ticket.CheckSite, Text: host + " does not answer as it should: " + cause.Error()}
	switch {
	case cause.Decision == ticket.Pause:
		s.Severity, s.Text, s.Hint = ticket.Unknown, host+" lets nothing be looked at now: "+cause.Error(), "try again later"
	case cause.Decision == ticket.HoldTracker:
		s.Check, s.Text, s.Hint = ticket.CheckCredential, "is refused: "+cause.Error(), cause.Hint
	case x.Status/100 == 2, x.Status/100 == 3, x.Status == http.StatusNotFound:
		s.Hint = "check url and api_url of the tracker: this does not look like GitHub's API"
	case cause.Decision == ticket.Retry:
		s.Hint = "check that the host can be reached from here: its name, its port, a proxy, its certificate"
	default:
		s.Check, s.Text, s.Hint = ticket.CheckCredential, "is refused: "+cause.Error(), cause.Hint
	}
	e.add(s)
}

// listing writes names for people, at most ten of them.
func listing(names []string) string {
	const most = 10
	rest := ""
	if len(names) > most {
		names, rest = names[:most], ", …"
	}
	return outbound.Printable(strings.Join(names, ", "), wordLimit) + rest
}
