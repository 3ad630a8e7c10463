package config

import "sync"

// Loss is a file with a secret that could be used when the configuration was loaded, and cannot be used
// now. What it held last is used on.
type Loss struct {
	File string
	Text string // what is wrong with it; no part of the secret
	Hint string // what to do
}

// OnLoss has a function called for every Loss from now on, once for each that is new. The function may
// be called by several goroutines.
func (c *Config) OnLoss(tell func(Loss)) {
	c.losses.mu.Lock()
	defer c.losses.mu.Unlock()
	c.losses.tell = tell
}

// losses is where the files of the secrets tell of what happens to them.
type losses struct {
	mu   sync.Mutex
	tell func(Loss) // nil: nobody listens
}

func (l *losses) add(loss Loss) {
	l.mu.Lock()
	tell := l.tell
	l.mu.Unlock()
	if tell != nil {
		tell(loss)
	}
}
