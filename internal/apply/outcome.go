package apply

import (
	"ticketd/internal/datatheorem"
	"ticketd/internal/finding"
)

// Kind is what an event is about; a label that it is counted under, whatever the event says.
type Kind string

// The kinds.
const (
	KindTarget    Kind = "target"
	KindViolation Kind = "violation"
	KindService   Kind = "service"
	KindNote      Kind = "note"
	KindOther     Kind = "other" // nothing of it was applied, or of a kind that the configuration added
)

// Outcome is what became of an event; also a label that it is counted under.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "applied"   // changed its finding or note
	Unchanged Outcome = "unchanged" // said nothing new
	Unrouted  Outcome = "unrouted"  // changed its finding, which no rule leads to a ticket
	Probe     Outcome = "probe"     // Data Theorem's set-up probe
	Personal  Outcome = "personal"  // about a person: its body was erased
	Ignored   Outcome = "ignored"   // the table of event types says so
	Unhandled Outcome = "unhandled" // of a type, version or status that the table does not know
	Unparsed  Outcome = "unparsed"  // not JSON, ambiguous, or without what is needed
	Damaged   Outcome = "damaged"   // the disk changed it after it was accepted
)

// Outcomes gives what can become of an event of each kind.
func Outcomes() map[Kind][]Outcome {
	status := []Outcome{Applied, Unchanged, Unrouted}
	return map[Kind][]Outcome{
		KindTarget: status, KindViolation: status, KindService: status,
		KindNote:  {Applied, Unchanged},
		KindOther: {Applied, Unchanged, Unrouted, Probe, Personal, Ignored, Unhandled, Unparsed, Damaged},
	}
}

func kindOf(e finding.Event) Kind {
	switch e.Key.Kind {
	case finding.Target:
		return KindTarget
	case finding.Violation:
		return KindViolation
	case finding.Service:
		return KindService
	case finding.Parent:
	}
	return KindOther
}

func unhandled(d datatheorem.Decoded) Outcome {
	if d.Ignored {
		return Ignored
	}
	return Unhandled
}

// counting gives what says what became of an event, and counts it.
func (a *Applier) counting(k Kind, o Outcome, say func()) func() {
	return func() {
		say()
		a.o.Count(k, o)
	}
}
