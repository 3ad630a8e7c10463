package deliver

import "time"

// Doing is a step that is under way.
type Doing struct {
	Action Action
	Ticket int64
	Since  time.Time
}

// Doing tells what is under way; ok is false where nothing is. It may be asked by any goroutine.
func (d *Deliverer) Doing() (now Doing, ok bool) {
	if at := d.doing.Load(); at != nil {
		return *at, true
	}
	return Doing{}, false
}

// begins notes what is done with the ticket from now on.
func (r *run) begins(a Action) {
	r.doing.Store(&Doing{Action: a, Ticket: r.w.Ticket.ID, Since: r.o.Now()})
}
