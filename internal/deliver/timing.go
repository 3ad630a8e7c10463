package deliver

import (
	"time"

	"ticketd/internal/proof"
)

// Timing is every wait of the protocol. The zero value of a member means its default.
type Timing struct {
	Quiet      time.Duration // Q: no second create before this long after a doubtful one; 10 min
	Settle     time.Duration // how long after a doubtful comment its absence is believed: comments are read by id, from no index; 1 min, at most Quiet
	Call       time.Duration // T: one tracker call; 25 s, so that it ends within the time that a stop may take
	Lease      time.Duration // of a claimed ticket, longer than Call; 60 s
	BackoffMin time.Duration // first wait after a failure; 5 s
	BackoffMax time.Duration // longest wait after failures; 15 min
	Probe      time.Duration // between tries of a refused credential, project or repository; 5 min
	Idle       time.Duration // longest sleep, which is what a wake that got lost costs; 1 min
	Gather     time.Duration // how old the newest change of a group or a digest's list is before its issue tells of it; 1 min
	GatherMost time.Duration // how long a change waits for that at most; 10 min
}

// filled gives the timing with its defaults.
func (t Timing) filled() Timing {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&t.Quiet, 10*time.Minute)
	def(&t.Settle, min(time.Minute, t.Quiet))
	def(&t.Call, proof.Hasten(25*time.Second))
	def(&t.Lease, 60*time.Second)
	def(&t.BackoffMin, proof.Hasten(5*time.Second))
	def(&t.BackoffMax, 15*time.Minute)
	def(&t.Probe, 5*time.Minute)
	def(&t.Idle, time.Minute)
	def(&t.Gather, time.Minute)
	def(&t.GatherMost, 10*time.Minute)
	return t
}
