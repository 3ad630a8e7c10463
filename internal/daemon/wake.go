package daemon

func (d *Daemon) wakeDeliverers() {
	for _, s := range d.wakes {
		s.Set()
	}
}

func (d *Daemon) wakeAll() {
	d.wakeApply.Set()
	d.wakeDeliverers()
}
