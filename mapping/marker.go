package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// The beginnings of the markers of tickets and comments.
const (
	markerPrefix        = "dtw-"
	commentMarkerPrefix = "dtc-"
)

// Marker is the token that the ticket of a group carries in its tracker: "dtw-" and 24 hex digits.
// It depends on the instance, so that two daemons that share a tracker never adopt each other's
// issues, and from the second generation on the generation (1 for a group's first issue).
func (m *Mapping) Marker(tracker, group string, generation int) string {
	parts := []string{m.instance, tracker, group}
	if generation > 1 {
		parts = append(parts, strconv.Itoa(generation))
	}
	return hashed(markerPrefix, parts)
}

// CommentMarker is the token of one comment operation of the ticket with the marker: "dtc-" and 24
// hex digits. op names the operation within the ticket, as "note/<id>".
func CommentMarker(marker, op string) string {
	return hashed(commentMarkerPrefix, []string{marker, op})
}

// hashed joins the parts with a separator that none of them can hold, so that no two lists of
// parts have the same text.
func hashed(prefix string, parts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12])
}
