// Package explain tells where a finding goes and why, what its ticket looks like, and which requests
// the trackers would get, by running the very code of the daemon over practice trackers.
package explain

import (
	"fmt"
	"slices"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
	"ticketd/mapping"
)

// Options say by which configuration and as of when. Config and Now are required. No secret of the
// configuration is ever used: it may have been loaded without.
type Options struct {
	Config  *config.Config
	Now     func() time.Time
	Version string // of this program
}

// Explanation is all there is to say about one event, or about one finding. Its JSON names stay;
// members may be added. Texts in it may come from a finding and are hostile.
type Explanation struct {
	Event     *Event     `json:"event"`     // the body that is explained; null for a finding of the store
	Finding   *Finding   `json:"finding"`   // what it adds up to; null where the event concerns no finding
	Assumed   []string   `json:"assumed"`   // what was made up because nothing was told of it, in words
	Rules     []Rule     `json:"rules"`     // those that were asked, in order
	Route     *Route     `json:"route"`     // null where no rule matches
	Unrouted  string     `json:"unrouted"`  // why there is no route; "" where there is one
	Ticket    *Ticket    `json:"ticket"`    // as it should be; null where there is no route
	Closing   *Closing   `json:"closing"`   // for the finding's disposition; null while it is open
	Note      *Note      `json:"note"`      // of a note event
	Rehearsal *Rehearsal `json:"rehearsal"` // see [Explanation.Rehearse]; null where it was not asked for

	play play
}

// Events explains the last of some webhook bodies, given what the ones before it told. It is pure but
// for the clock. There must be at least one.
func Events(o Options, bodies [][]byte) Explanation {
	h := newHistory(o.Config.Mapping)
	var last datatheorem.Decoded
	for _, body := range bodies {
		last = o.Config.Table.Decode(body, o.Now())
		h.add(last)
	}
	e := Explanation{Event: eventOf(last), play: play{bodies: bodies}}
	if last.Verdict != datatheorem.VerdictEvent {
		return e
	}
	f := h.about(last.Event, &e)
	e.about(o, h, f)
	if last.Event.Class != finding.Status {
		e.Note = noteOf(o, h, f, last.Event)
	}
	return e
}

// Folded explains a finding as the store has it, among the others that share its ticket there.
func Folded(o Options, f finding.Finding, others ...finding.Finding) Explanation {
	h := newHistory(o.Config.Mapping)
	e := Explanation{}
	together := h.together(f, others)
	if apart := len(others) - len(together); apart > 0 {
		e.assume(fmt.Sprintf("%d of the findings that share its ticket are left aside: by the rules as they are now they go elsewhere", apart))
	}
	for _, other := range together {
		h.put(other)
	}
	e.assume("the ticket is new: what a ticket of this finding went through already is left aside")
	begin := f
	if f.Disposition.Closed() {
		begin = opening(f)
		e.play.after = []finding.Finding{f}
		e.assume("the finding's opening is made up from what is known of it now")
	}
	e.play.before = slices.Concat(together, []finding.Finding{begin})
	h.put(begin)
	h.put(f)
	e.about(o, h, f)
	return e
}

// together gives those of some findings that share a ticket with one by the rules.
func (h *history) together(f finding.Finding, others []finding.Finding) []finding.Finding {
	to, err := h.m.Route(f)
	if err != nil || !mapping.Grouped(to.Group) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(others), func(g finding.Finding) bool {
		r, err := h.m.Route(g)
		return err != nil || r.Group != to.Group || g.Key == f.Key
	})
}

func (e *Explanation) assume(what string) { e.Assumed = append(e.Assumed, what) }

// about fills in what is said of a finding.
func (e *Explanation) about(o Options, h *history, f finding.Finding) {
	e.Finding = findingOf(f)
	trace := o.Config.Mapping.Explain(f)
	e.Rules = rulesOf(o, trace)
	e.play.states = h.states
	if trace.Err != nil {
		e.Unrouted = trace.Err.Error()
		return
	}
	s := h.subject(f, trace.Route)
	view := o.Config.Mapping.For(s, trace.Route.Destination, trace.Route.Rule)
	e.Route = routeOf(o, trace, s)
	e.Ticket = ticketOf(view, s, o.Config.Mapping.Marker(trace.Route.Destination.Tracker, trace.Route.Group, 1))
	if s.Finding.Disposition.Closed() {
		e.Closing = closingOf(view, s)
	}
}

// history is what some events add up to.
type history struct {
	m        *mapping.Mapping
	findings []finding.Finding
	notes    []finding.Note
	states   []finding.Finding // every state that any finding went through
}

func newHistory(m *mapping.Mapping) *history { return &history{m: m} }

func (h *history) add(d datatheorem.Decoded) {
	if d.Verdict != datatheorem.VerdictEvent {
		return
	}
	if d.Event.Class == finding.Status {
		f, _ := h.known(d.Event.Key)
		h.put(finding.Fold(f, d.Event))
		return
	}
	i := slices.IndexFunc(h.notes, func(n finding.Note) bool { return n.Subject == d.Event.Key && n.ID == d.Event.Note.ID })
	if i < 0 {
		h.notes = append(h.notes, finding.FoldNote(finding.Note{}, d.Event))
		return
	}
	h.notes[i] = finding.FoldNote(h.notes[i], d.Event)
}

func (h *history) known(key finding.Key) (finding.Finding, bool) {
	i := slices.IndexFunc(h.findings, func(f finding.Finding) bool { return f.Key == key })
	if i < 0 {
		return finding.Finding{}, false
	}
	return h.findings[i], true
}

func (h *history) put(f finding.Finding) {
	h.states = append(h.states, f)
	i := slices.IndexFunc(h.findings, func(g finding.Finding) bool { return g.Key == f.Key })
	if i < 0 {
		h.findings = append(h.findings, f)
		return
	}
	h.findings[i] = f
}

// about gives the finding that an event is about, and makes up what has to come before it.
func (h *history) about(ev finding.Event, e *Explanation) finding.Finding {
	if ev.Class == finding.Status {
		f, _ := h.known(ev.Key)
		if f.Opened.IsZero() {
			e.assume("the finding was open before: its opening is made up from this event, because there would be nothing to close without it")
			before := opening(f)
			e.play.before = []finding.Finding{before}
			f.Opened = before.Opened
			h.states = append(h.states, before)
			h.put(f)
		}
		return f
	}
	f, known := h.annotated(ev.Key)
	if !known {
		f = annotated(ev)
		e.assume("an open " + string(f.Key.Kind) + " that the note belongs to is made up: nothing else is known of it, so the rules may say otherwise of a real one")
		e.play.before = []finding.Finding{f}
		h.put(f)
	}
	i := slices.IndexFunc(h.notes, func(n finding.Note) bool { return n.Subject == ev.Key && n.ID == ev.Note.ID })
	if h.notes[i].Deleted && h.notes[i].Stamp.IsZero() {
		e.assume("the note was written before: it is made up, because there would be nothing to delete without it")
		e.play.notes = []finding.Note{{Subject: ev.Key, ID: ev.Note.ID, Text: "(made up)", Stamp: before(ev.Stamp())}}
	}
	return f
}

// annotated gives the first finding that a note on a finding or a parent concerns.
func (h *history) annotated(on finding.Key) (finding.Finding, bool) {
	if on.Kind != finding.Parent {
		return h.known(on)
	}
	i := slices.IndexFunc(h.findings, func(f finding.Finding) bool { return f.Parent.Text == on.UUID })
	if i < 0 {
		return finding.Finding{}, false
	}
	return h.findings[i], true
}

// subject is what the ticket of a finding is about: of a group, all its known members.
func (h *history) subject(f finding.Finding, to mapping.Route) mapping.Subject {
	if !mapping.Grouped(to.Group) {
		return mapping.One(f)
	}
	var members []finding.Finding
	for _, g := range h.findings {
		if r, err := h.m.Route(g); err == nil && r.Group == to.Group {
			members = append(members, g)
		}
	}
	return mapping.Several(members)
}

// before gives a stamp that comes before s.
func before(s finding.Stamp) finding.Stamp { return finding.Stamp{Time: s.Time - 1, Tie: "made up"} }

// opening makes up the open finding that f was before it closed. Where no event told when it opened it
// is the day that Data Theorem has for it, else just before.
func opening(f finding.Finding) finding.Finding {
	at := f.Opened
	if at.IsZero() {
		at = before(f.Status)
		if on, err := time.Parse(time.RFC3339, f.Get(finding.DateCreated)); err == nil && on.Unix() < at.Time {
			at.Time = on.Unix()
		}
	}
	f.Disposition, f.Status, f.Opened = finding.Open, at, at
	fields := make(map[finding.Field]finding.Value, len(f.Fields))
	for name, v := range f.Fields {
		if name != finding.Explanation && name != finding.ExplainedAt {
			fields[name] = finding.Value{Text: v.Text, Stamp: at}
		}
	}
	f.Fields = fields
	data := make(map[string]finding.Member, len(f.Data))
	for name, v := range f.Data {
		data[name] = finding.Member{JSON: v.JSON, Stamp: at}
	}
	f.Data = data
	return f
}

// annotated makes up the open finding that a note was written on.
func annotated(ev finding.Event) finding.Finding {
	at := before(before(ev.Stamp()))
	f := finding.Finding{Key: ev.Key, Disposition: finding.Open, Status: at, Opened: at, Fields: map[finding.Field]finding.Value{}}
	if ev.Key.Kind == finding.Parent {
		f.Key = finding.Key{Kind: finding.Target, UUID: "made-up"}
		f.Parent = finding.Value{Text: ev.Key.UUID, Stamp: at}
	}
	if product, told := ev.Fields[finding.Product]; told {
		f.Fields[finding.Product] = finding.Value{Text: product, Stamp: at}
	}
	return f
}

// listOf gives a list that is never null in JSON.
func listOf[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
