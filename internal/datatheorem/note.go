package datatheorem

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"ticketd/internal/finding"
)

func noteIDPaths() []string {
	return []string{"note_uuid", "note_id", "note.uuid", "note.id", "uuid", "id"}
}

// note reads what a note was written on, and the note. Nothing of a note event was ever published,
// so every member but the subject may be missing, as long as the note can be told from others.
func note(entry Entry, data *object) (finding.Key, finding.NoteText, error) {
	subject, err := data.identifier(entry.Parent...)
	if err != nil {
		return finding.Key{}, finding.NoteText{}, fmt.Errorf("reading what the note was written on: %w", err)
	}
	key := finding.Key{Kind: entry.Kind, UUID: subject}
	var n finding.NoteText
	n.Text, _ = data.first([]string{"text", "note_text", "note.text", "note", "content", "note.content", "body", "message", "comment"})
	n.Text = unescape(n.Text)
	n.Author, _ = data.first([]string{"author_email", "author_name", "author.email", "author.name", "author",
		"note.author_email", "note.author", "created_by", "user_email", "user.email"})
	n.Created, _ = data.first([]string{"date_created", "note.date_created", "created_at", "date"})
	if data.has(entry.UUID...) {
		n.ID, err = data.identifier(entry.UUID...)
		return key, n, err
	}
	if n.Text == "" {
		return key, n, errors.New("the note has neither an id nor a text")
	}
	n.ID, err = deriveID(key, n)
	return key, n, err
}

// deriveID names a note that has no id of its own by all that is known of it.
func deriveID(key finding.Key, n finding.NoteText) (string, error) {
	all, err := json.Marshal([]string{key.String(), n.Author, n.Created, n.Text})
	if err != nil {
		return "", fmt.Errorf("deriving a note id: %w", err)
	}
	sum := sha256.Sum256(all)
	return "derived-" + hex.EncodeToString(sum[:16]), nil
}
