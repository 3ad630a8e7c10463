package main

import (
	"cmp"
	"context"
	"strconv"

	"ticketd/internal/finding"
	"ticketd/store"
)

// newestCalls is how many calls to the tracker show tells.
const newestCalls = 20

// ticketsShow is `ticketd tickets show`.
type ticketsShow struct {
	storeFlags `embed:""`
	output     `embed:""`

	Word string `arg:"" name:"ticket" help:"Row id, issue key, marker or UUID of a finding."`
}

// Run prints the ticket with all that is known of it.
func (c *ticketsShow) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(s *store.Store, _ string) error {
		found, err := find(ctx, s, []string{c.Word})
		if err != nil {
			return err
		}
		t := found[0]
		findings, err := s.FindingsOfTicket(ctx, t.ID)
		if err != nil {
			return err
		}
		comments, err := s.Comments(ctx, t.ID)
		if err != nil {
			return err
		}
		ops, err := s.Ops(ctx, t.ID, newestCalls)
		if err != nil {
			return err
		}
		line, err := lineOf(ctx, s, t)
		if err != nil {
			return err
		}
		words, err := held(ctx, s, line[:min(len(line), longestWaiting)])
		if err != nil {
			return err
		}
		document := ticketDetail{
			Ticket: viewTicket(t), Findings: views(findings, viewFinding), Waiting: views(line, viewTicket),
			Comments: views(comments, viewComment), Record: views(ops, viewOp),
		}
		text := ticketSheet(t, holdsRow(t, findings, line)) + section(findingRows(findings)) + section(lineRows(line, words)) +
			section(commentRows(comments)) + section(opRows(ops))
		return c.print(p.stdout, document, text)
	})
}

// ticketSheet shows a ticket, and what more there is to say of it.
func ticketSheet(t store.Ticket, more ...[]string) string {
	rows := [][]string{
		{"ticket", strconv.FormatInt(t.ID, 10)},
		{"state", standing(t)},
		{"reason", t.Reason},
		{"hint", t.Hint},
		{"issue", t.Ref.Key},
		{"url", t.Ref.URL},
		{"previous", t.Previous.Key},
		{"tracker", t.Destination.Tracker},
		{"project", t.Destination.Project},
		{"issue type", t.Destination.IssueType},
		{"rule", t.Rule},
		{"group", t.Group},
		{"generation", strconv.Itoa(t.Generation)},
		{"marker", t.Marker},
		{"attempts", strconv.Itoa(t.Attempts)},
		{"failures", strconv.Itoa(t.Failures)},
		{"next", clock(t.Due)},
		{"created", clock(t.Created)},
		{"updated", clock(t.Updated)},
	}
	return table(append(rows, more...)...)
}

// section is a table after an empty line, nothing where there are no rows under the heads.
func section(rows [][]string) string {
	if len(rows) < 2 {
		return ""
	}
	return "\n" + table(rows...)
}

func findingRows(findings []store.Finding) [][]string {
	rows := [][]string{{"FINDING", "DISPOSITION", "SEVERITY", "ASSET", "PORTAL", "TITLE"}}
	for _, f := range findings {
		rows = append(rows, []string{
			f.Key.String(), string(f.Disposition), cmp.Or(f.Get(finding.Severity), f.Get(finding.Relevance)),
			f.Get(finding.AssetName), f.Get(finding.PortalURL), called(f),
		})
	}
	return rows
}

// called is what a person knows a finding by, short: the descriptions of those without a title begin
// with what is wrong.
func called(f store.Finding) string {
	return short(cmp.Or(f.Get(finding.Title), f.Get(finding.PolicyRuleTitle), f.Get(finding.Description)))
}

func commentRows(comments []store.Comment) [][]string {
	rows := [][]string{{"COMMENT", "STATE", "REMOTE ID", "UPDATED"}}
	for _, c := range comments {
		rows = append(rows, []string{c.Op, string(c.State), c.RemoteID, clock(c.Updated)})
	}
	return rows
}

func opRows(ops []store.Op) [][]string {
	rows := [][]string{{"CALLED", "WHAT", "OUTCOME", "HTTP", "REQUEST", "TEXT"}}
	for _, o := range ops {
		status := ""
		if o.Status != 0 {
			status = strconv.Itoa(o.Status)
		}
		rows = append(rows, []string{clock(o.Started), o.Name, o.Outcome, status, o.RequestID, o.Text})
	}
	return rows
}
