package ticket

import "time"

// Quota is what an answer of a tracker told about one of its rate limits.
type Quota struct {
	Resource  string    // which one; a name of the adapter's, never a word of the answer
	Limit     int64     // how many calls it allows; 0: not told
	Remaining int64     // how many of them are left
	Reset     time.Time // when they are all there again, by the tracker's clock; zero: not told
}
