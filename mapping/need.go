package mapping

import "ticketd/internal/ticket"

// Needs tells what the rules will ask of each destination, in the order of the first rule that leads
// there.
func (m *Mapping) Needs() []ticket.Need {
	return nil
}
