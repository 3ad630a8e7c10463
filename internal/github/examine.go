package github

import (
	"context"

	"ticketd/internal/ticket"
)

// Examine looks, without changing anything, whether GitHub will take what the rules ask of a
// repository.
func (t *Tracker) Examine(ctx context.Context, n ticket.Need) []ticket.Symptom {
	e := examination{t: t, need: n}
	e.credential(ctx)
	return e.symptoms
}

// examination collects what is found about one repository.
type examination struct {
	t        *Tracker
	need     ticket.Need
	symptoms []ticket.Symptom
}

// credential asks whose the credential is.
func (e *examination) credential(ctx context.Context) {
	a, err := e.t.Identity(ctx)
	if err != nil {
		f := ticket.AsError(err)
		e.symptoms = append(e.symptoms, ticket.Symptom{Severity: ticket.Failing, Check: ticket.CheckCredential, Text: f.Error(), Hint: f.Hint})
		return
	}
	e.symptoms = append(e.symptoms, ticket.Symptom{Severity: ticket.Healthy, Check: ticket.CheckCredential, Text: "is that of " + a.Name})
}
