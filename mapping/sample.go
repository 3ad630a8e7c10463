package mapping

import (
	"fmt"
	"slices"

	"ticketd/internal/finding"
)

// samples are what templates are executed on when they are loaded: a finding of every kind in every
// disposition, with every attribute and with none, groups of them, and the list of those that wait.
func samples() []Data {
	var out []Data
	add := func(s Subject) { out = append(out, newData(s, nil)) }
	for _, kind := range []finding.Kind{finding.Target, finding.Violation, finding.Service} {
		var all []finding.Finding
		for _, d := range finding.Dispositions() {
			bare, full := sampleFinding(kind, d)
			add(One(bare))
			add(One(full))
			all = append(all, bare, full)
		}
		for i := range all {
			all[i].Key.UUID = sampleUUID(i)
		}
		add(Several(all))
		add(Several(all[1:2]))
		waiting := Several(slices.DeleteFunc(all, func(f finding.Finding) bool { return f.Disposition.Closed() }))
		waiting.Digest = true
		add(waiting)
	}
	add(Subject{Digest: true})
	return out
}

// sampleFinding gives a finding with no attribute and one with all.
func sampleFinding(kind finding.Kind, d finding.Disposition) (bare, full finding.Finding) {
	bare = finding.Finding{
		Key:         finding.Key{Kind: kind, UUID: sampleUUID(0)},
		Disposition: d,
		Status:      finding.Stamp{Time: 1611733052, Tie: "sample"},
		Opened:      finding.Stamp{Time: 1611733052, Tie: "sample"},
	}
	full = bare
	full.Fields = make(map[finding.Field]finding.Value)
	for _, name := range fieldNames() {
		full.Fields[name] = finding.Value{Text: "Sample " + string(name), Stamp: full.Status}
	}
	return bare, full
}

func sampleUUID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
