// Package datatheorem turns Data Theorem's webhook bodies into events. The type names and field
// paths are data (a table), because Data Theorem calls its webhooks beta and publishes few of the
// mobile event bodies (facts/datatheorem.md); the table is built in and can be extended in the
// configuration.
package datatheorem

import "ticketd/internal/finding"

// Entry is one line of the table of event types. The first entry that matches a type wins; exact
// names come before patterns, entries of the configuration before the built-in ones.
type Entry struct {
	Name        string                     `toml:"name"`  // how the entry is called in `events show`; default: Type
	Type        string                     `toml:"type"`  // exact name, or a glob with * and ?
	Class       string                     `toml:"class"` // status, note_created, note_deleted, personal, ignored
	Kind        finding.Kind               `toml:"kind"`  // target, violation, service
	Disposition finding.Disposition        `toml:"disposition"`
	Fields      map[finding.Field][]string `toml:"fields"` // candidate paths in event.data, the first with a value wins; added before the built-in ones
	UUID        []string                   `toml:"uuid"`   // candidate paths of the UUID; default uuid, id
	Parent      []string                   `toml:"parent"` // candidate paths of the parent's UUID; default security_finding_id, …
}
