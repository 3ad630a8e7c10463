package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"

	"ticketd/internal/proof/report"
)

// describe says when, on what and by which command a table was made.
func describe(ctx context.Context, s scale, begin time.Time, took time.Duration) (string, error) {
	version, err := command(ctx, "version").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its version: %w", err)
	}
	_, release, _ := strings.Cut(string(bytes.TrimSpace(version)), "go version ")
	return fmt.Sprintf("`make %s`, %s, %s, %d cores, %s", s.region(), begin.UTC().Format(time.DateOnly), release,
		runtime.NumCPU(), took.Round(time.Second)), nil
}

// render writes the rows as one Markdown table; the rows of one part stand together.
func render(about string, rows []report.Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n\n| proof | what was done | outcome |\n|---|---|---|\n", about)
	var order []string
	of := make(map[string][]report.Row)
	for _, r := range rows {
		if of[r.Part] == nil {
			order = append(order, r.Part)
		}
		of[r.Part] = append(of[r.Part], r)
	}
	for _, part := range order {
		for _, r := range of[part] {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Part), cell(r.What), cell(r.Outcome))
		}
	}
	return b.String()
}

// cell is a text in a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

// document puts a table between the two comments that name its region in a file.
func document(path, region, table string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	begin, end := "<!-- "+region+": begin -->\n", "<!-- "+region+": end -->"
	place := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(begin) + `.*?` + regexp.QuoteMeta(end))
	if len(place.FindAllIndex(text, -1)) != 1 {
		return fmt.Errorf("%s has not one region between %q and %q", path, strings.TrimSpace(begin), end)
	}
	text = place.ReplaceAllLiteral(text, []byte(begin+"\n"+table+"\n"+end))
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // a document for everybody
		return fmt.Errorf("writing the document: %w", err)
	}
	return nil
}
