package ticket

import "slices"

// Written is what ticketd last wrote into an issue. Only what still stands as written is updated;
// what a person changed stays.
type Written struct {
	Fence    string   `json:"fence"`    // digest of the fenced part of the description, as FenceDigest gives it
	Priority string   `json:"priority"` // as asked for
	Labels   []string `json:"labels"`   // as asked for, without the adapter's own

	// Also is what may stand in its place: writes of which nobody knows whether they took effect.
	Also []Written `json:"also,omitempty"`
}

// alsoLimit bounds how many doubtful writes in a row are remembered.
const alsoLimit = 8

// Or adds a write that is about to be sent to what may stand in the issue.
func (w Written) Or(next Written) Written {
	also := slices.DeleteFunc(slices.Clone(w.Also), func(a Written) bool { return a.Fence == next.Fence })
	also = append(also, next)
	w.Also = also[max(0, len(also)-alsoLimit):]
	return w
}

// Fences gives the digests of which one is that of the fenced part, where no person changed it.
func (w Written) Fences() []string {
	all := []string{w.Fence}
	for _, a := range w.Also {
		all = append(all, a.Fence)
	}
	return all
}

// Priorities gives the priorities of which one is set, where no person changed it.
func (w Written) Priorities() []string {
	all := []string{w.Priority}
	for _, a := range w.Also {
		all = append(all, a.Priority)
	}
	return all
}

// EveryLabel gives the labels that may be there because we wrote them.
func (w Written) EveryLabel() []string {
	all := slices.Clone(w.Labels)
	for _, a := range w.Also {
		all = append(all, a.Labels...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
