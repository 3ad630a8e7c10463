package daemon

import "ticketd/store"

// Store lends the daemon's own store to a test that makes it hang.
func (d *Daemon) Store() *store.Store { return d.store }
