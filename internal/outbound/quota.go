package outbound

import (
	"strconv"

	"ticketd/internal/ticket"
)

// Quota reads what the X-RateLimit headers of an answer tell, but for the reset, which every tracker
// writes in its own way; false where they tell nothing, or nonsense.
func (x *Exchange) Quota() (q ticket.Quota, told bool) {
	q.Remaining, told = Count(x.Header.Get("X-RateLimit-Remaining"))
	q.Limit, _ = Count(x.Header.Get("X-RateLimit-Limit"))
	return q, told
}

// Count reads a number of a header that counts something; false where it is none, or negative.
func Count(value string) (n int64, ok bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	return n, true
}
