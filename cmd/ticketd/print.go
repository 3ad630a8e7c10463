package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// output is how a command prints.
type output struct {
	JSON bool `help:"Print one JSON document."`
}

// print writes the document as JSON where that is asked for, else the text.
func (o output) print(w io.Writer, document any, text string) error {
	out := []byte(text)
	if o.JSON {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(document); err != nil {
			return fmt.Errorf("encoding the answer: %w", err)
		}
		out = safeJSON(b.Bytes())
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// table aligns rows of cells in columns. Every cell is made safe, an empty one is shown as "-".
func table(rows ...[]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				_, _ = io.WriteString(w, "\t") // a strings.Builder takes everything
			}
			_, _ = io.WriteString(w, dash(safe(cell)))
		}
		_, _ = io.WriteString(w, "\n")
	}
	_ = w.Flush()
	return b.String()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// clock shows a time in UTC, "" for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// moment is a time for JSON, nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// short makes a text safe and cuts it for a column.
func short(s string) string {
	const most = 60
	s = safe(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
