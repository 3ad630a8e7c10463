package datatheorem

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"ticketd/internal/finding"
)

// Verdict says what a body turned out to be.
type Verdict string

// The verdicts.
const (
	VerdictEvent     Verdict = "event"     // changes a finding or a note
	VerdictProbe     Verdict = "probe"     // the set-up test of Data Theorem's guide
	VerdictPersonal  Verdict = "personal"  // a user event; its body is to be erased
	VerdictUnhandled Verdict = "unhandled" // of a type, version or status that the table does not know
	VerdictUnparsed  Verdict = "unparsed"  // not JSON, ambiguous, or without what is needed
)

// Decoded is what became of one body.
type Decoded struct {
	Verdict Verdict
	Event   finding.Event            // set for VerdictEvent only
	Type    string                   // event.type as sent; "" where there is none that could be read
	Entry   string                   // name of the table entry that matched; "" for none
	Paths   map[finding.Field]string // which path filled each field of Event.Fields
	Reason  string                   // why it is unhandled or unparsed, or untimed, in words; holds no text of a finding
	Ignored bool                     `json:",omitzero"` // of VerdictUnhandled: because the table says so
}

// untimed is the reason that an event is given which does not tell its time.
const untimed = "it tells no usable time: that of its receipt counts"

// lastTime is the first second that is no time of an event any more: the year 9999. Larger numbers
// are milliseconds, or nonsense.
const lastTime = 253370764800

// Decode reads a body. It is pure and never panics; what it cannot make sense of becomes a verdict.
// The time of receipt stands in for an event time that is missing or absurd.
func (t *Table) Decode(body []byte, received time.Time) Decoded {
	top, err := parse(body)
	if err != nil {
		return Decoded{Verdict: VerdictUnparsed, Reason: err.Error()}
	}
	if raw := top.members["event"]; len(top.members) == 1 && len(raw) > 0 && raw[0] == '"' {
		return Decoded{Verdict: VerdictProbe}
	}
	envelope, ok := top.object("event")
	if !ok {
		return Decoded{Verdict: VerdictUnparsed, Reason: "event is not an object"}
	}
	name, err := envelope.identifier("type")
	if err != nil {
		return Decoded{Verdict: VerdictUnparsed, Reason: err.Error()}
	}
	d := Decoded{Type: name}
	entry, known := t.lookup(name)
	d.Entry = entry.Name
	switch {
	case known && entry.Class == classPersonal: // whatever its version: it is about a person
		d.Verdict = VerdictPersonal
		return d
	case !supported(envelope):
		return d.refuse(VerdictUnhandled, "event.version is not 1")
	case !known:
		return d.refuse(VerdictUnhandled, "no entry of the table matches the type")
	case entry.Class == classIgnored:
		d = d.refuse(VerdictUnhandled, "the table says to ignore the type")
		d.Ignored = true
		return d
	}
	data, ok := envelope.object("data")
	if !ok {
		return d.refuse(VerdictUnparsed, "event.data is not an object")
	}
	at, told := timeOf(top)
	if !told {
		at, d.Reason = received.Unix(), untimed
	}
	digest := sha256.Sum256(body)
	d.Event = finding.Event{
		Digest: hex.EncodeToString(digest[:]),
		Type:   name,
		Entry:  entry.Name,
		Class:  finding.Class(entry.Class),
		Time:   at,
		Data:   data.present(),
	}
	return d.fill(entry, data)
}

func (d Decoded) refuse(v Verdict, reason string) Decoded {
	return Decoded{Verdict: v, Type: d.Type, Entry: d.Entry, Reason: reason}
}

// fill reads event.data as the entry says.
func (d Decoded) fill(entry Entry, data *object) Decoded {
	var err error
	if d.Event.Class == finding.Status {
		d.Event.Key, d.Event.Parent, err = identity(entry, data)
	} else {
		d.Event.Key, d.Event.Note, err = note(entry, data)
	}
	if err != nil {
		return d.refuse(VerdictUnparsed, err.Error())
	}
	if d.Event.Class == finding.Status {
		d.Event.Disposition = entry.Disposition
		if d.Event.Disposition == "" {
			if d.Event.Disposition, err = disposition(d.Type, entry.Kind, data); err != nil {
				return d.refuse(VerdictUnhandled, err.Error())
			}
		}
	}
	d.Event.Fields, d.Paths = fields(entry, data)
	if product, _, ok := strings.Cut(d.Type, "__"); ok && product != "" {
		d.Event.Fields[finding.Product] = strings.ToLower(product)
		d.Paths[finding.Product] = "event.type"
	}
	d.Verdict = VerdictEvent
	return d
}

// supported tells whether the envelope is of the version that the table describes. One that names
// no version is taken for it.
func supported(envelope *object) bool {
	version, ok := envelope.text("version")
	return !envelope.has("version") || ok && version == "1"
}

func timeOf(top *object) (at int64, ok bool) {
	at, ok = top.integer("time")
	return at, ok && at > 0 && at < lastTime
}

// identity gives the key of a finding and the UUID of its parent, "" where it has none.
func identity(entry Entry, data *object) (finding.Key, string, error) {
	uuid, err := data.identifier(entry.UUID...)
	if err != nil {
		return finding.Key{}, "", err
	}
	key := finding.Key{Kind: entry.Kind, UUID: uuid}
	if !data.has(entry.Parent...) {
		return key, "", nil
	}
	parent, err := data.identifier(entry.Parent...)
	if err != nil {
		return finding.Key{}, "", fmt.Errorf("reading the parent: %w", err)
	}
	return key, parent, nil
}
