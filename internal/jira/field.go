package jira

import "ticketd/internal/ticket"

// rawFields gives fields as Jira's API wants them, by id.
func rawFields(fields []ticket.Field) map[string]any {
	out := make(map[string]any, len(fields))
	for _, f := range fields {
		out[f.Name] = f.JSON
	}
	return out
}
