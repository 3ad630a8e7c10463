package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// forOutcome gives what the rules that want a way want of the screens on it.
func (e *examination) forOutcome(way ticket.Want, what ticket.Aspect) []ticket.Want {
	return slices.DeleteFunc(e.wants(what), func(w ticket.Want) bool { return w.Disposition != way.Disposition || !shared(w, way) })
}

// screenRequires tells of the fields that the screen of a transition requires and rules do not set.
func (e *examination) screenRequires(want ticket.Want, tr transition) {
	for _, id := range slices.Sorted(maps.Keys(tr.Fields)) {
		f := tr.Fields[id]
		if !f.Required || f.HasDefault {
			continue
		}
		rules := e.lacking(want.Rules, func(w ticket.Want) bool { return w.Disposition == want.Disposition && f.setBy(id, w) })
		if _, chosen := f.resolution(); len(rules) == 0 || id == "resolution" && chosen {
			continue
		}
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRequired,
			Text: fmt.Sprintf("%s: transition %q requires field %q (%s), and %s", outcomeOf(want), tr.Name, outbound.Printable(f.Name, wordLimit), outbound.Printable(id, wordLimit), e.doNotSet(rules)),
			Hint: "set it there under on." + want.Disposition, Paste: screenLine(want.Disposition, id, f), Key: want.Key})
	}
}

// setBy tells whether a want sets the field of a transition's screen.
func (f screenField) setBy(id string, w ticket.Want) bool {
	switch w.Aspect {
	case ticket.WantResolution:
		return id == "resolution"
	case ticket.WantScreenField:
		return w.Field != nil && siteField{ID: id, Name: f.Name}.is(w.Field.Name)
	default:
		return false
	}
}

// screenLine is the line of TOML that sets a field of a transition's screen.
func screenLine(disposition, id string, f screenField) string {
	on := "on." + tomlKey(disposition) + "."
	if id == "resolution" {
		name := "…"
		if names := f.Allowed.names(); len(names) > 0 {
			name = names[0]
		}
		return on + "resolution = " + tomlText(name)
	}
	name := f.Name
	if name == "" {
		name = id
	}
	return on + fieldKey(name) + " = " + f.Schema.example(f.Allowed)
}

// lastScreen looks at what the rules set on the screen of the last transition.
func (e *examination) lastScreen(want ticket.Want, tr transition) {
	for _, w := range e.forOutcome(want, ticket.WantResolution) {
		e.resolution(w, tr)
	}
	for _, w := range e.forOutcome(want, ticket.WantScreenField) {
		if w.Field != nil {
			e.screenField(w, tr)
		}
	}
}

func (e *examination) resolution(w ticket.Want, tr transition) {
	const check = "resolution"
	f, shown := tr.Fields["resolution"]
	if !shown {
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: check,
			Text: fmt.Sprintf("%s: Jira does not show the resolution on the screen of transition %q: it is tried once and then left out", outcomeOf(w), tr.Name),
			Hint: "put Resolution on the screen in Jira, or let the workflow set it", Key: w.Key})
		return
	}
	if _, has := f.Allowed.named(w.Value); w.Value != "" && len(f.Allowed) > 0 && !has {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: check, Text: fmt.Sprintf("%s: transition %q takes no resolution %q", outcomeOf(w), tr.Name, w.Value),
			Hint:  "a resolution is called by its name: " + list(f.Allowed.names()) + orNearest(w.Value, f.Allowed.names()),
			Paste: screenLine(w.Disposition, "resolution", screenField{Allowed: f.Allowed.toward(w.Value)}), Key: w.Key})
		return
	}
	e.healthy(check, w.Key, "%s: resolution %q is on the screen of transition %q", outcomeOf(w), w.Value, tr.Name)
}

// resolutions looks whether the site has the resolutions that rules name for an outcome whose last
// screen cannot be seen.
func (e *examination) resolutions(ctx context.Context, want ticket.Want) {
	const check = "resolution"
	for _, w := range e.forOutcome(want, ticket.WantResolution) {
		known, err := e.t.resolutions(ctx)
		if err != nil {
			e.unknown(check, w.Key, "the resolutions of the site cannot be read: "+err.Error(), "try again later")
			return
		}
		if _, has := known.named(w.Value); w.Value != "" && !has {
			e.add(ticket.Symptom{Severity: ticket.Failing, Check: check, Text: fmt.Sprintf("%s: the site has no resolution %q", outcomeOf(w), w.Value),
				Hint: "a resolution is called by its name: " + list(known.names()) + orNearest(w.Value, known.names()), Key: w.Key})
			continue
		}
		e.healthy(check, w.Key, "%s: the site has resolution %q; whether the last screen shows it cannot be seen yet", outcomeOf(w), w.Value)
	}
}

func (t *Tracker) resolutions(ctx context.Context) (allowed, error) {
	path, _, err := t.api(ctx, "resolution")
	if err != nil {
		return nil, err
	}
	var all allowed
	err = t.do(ctx, request{op: "resolutions", method: http.MethodGet, path: path}, &all)
	return all, err
}

func (e *examination) screenField(w ticket.Want, tr transition) {
	const check = "screen field"
	id, err := tr.field(w.Field.Name)
	switch {
	case err != nil:
		e.failed(check, outcomeOf(w), w.Key, err)
		return
	case id == "":
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: check, Text: fmt.Sprintf("%s: field %q is not on the screen of transition %q: it is not sent", outcomeOf(w), w.Field.Name, tr.Name),
			Hint: "put it on the screen in Jira, or remove it from on." + w.Disposition, Key: w.Key})
		return
	}
	f := tr.Fields[id]
	key := "on." + tomlKey(w.Disposition) + "." + fieldKey(w.Field.Name)
	if s, bad := fits(check, key, metaField{ID: id, Name: f.Name, Schema: f.Schema, Allowed: f.Allowed}, *w.Field); bad {
		s.Text, s.Key = outcomeOf(w)+": "+s.Text, w.Key
		e.add(s)
		return
	}
	e.healthy(check, w.Key, "%s: field %q is on the screen of transition %q and takes the value", outcomeOf(w), w.Field.Name, tr.Name)
}
