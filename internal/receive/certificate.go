package receive

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookApart is the shortest time between two looks at the files of a certificate.
	lookApart = time.Second
	// warnApart is how often it is told that a certificate ends soon.
	warnApart = 24 * time.Hour
)

// CertificateOptions say where the certificate of a listener comes from. Load and Logger are required.
type CertificateOptions struct {
	Load   func() (*tls.Certificate, error) // reads it anew, with its Leaf; called by one goroutine at a time
	Soon   time.Duration                    // how long before its end that is warned of
	Logger *slog.Logger
	Now    func() time.Time // nil is time.Now
}

// Certificate is what a listener shows of itself. It is read again when a handshake comes, at most once
// a second, so that a renewed one is shown without a restart. While what is there cannot be used, the
// last good one is shown, which is better than none.
type Certificate struct {
	o     CertificateOptions
	shown atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // of who looks
	looked  time.Time
	warned  time.Time
	trouble string // what was wrong at the last look; "": nothing
}

// NewCertificate reads the certificate for the first time.
func NewCertificate(o CertificateOptions) (*Certificate, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	first, err := o.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	c := &Certificate{o: o, looked: o.Now()}
	c.shown.Store(first)
	c.warn(c.looked)
	return c, nil
}

// Config gives the settings of TLS: 1.2 or later, with the suites that the standard library holds good.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c.look()
			return c.shown.Load(), nil
		},
	}
}

// Expires is the end of the certificate that is shown.
func (c *Certificate) Expires() time.Time {
	c.look() // also where no handshake comes: it may have been renewed
	return c.shown.Load().Leaf.NotAfter
}

// look takes up what has changed. Handshakes that come meanwhile go on with what there is.
func (c *Certificate) look() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	now := c.o.Now()
	if since := now.Sub(c.looked); since >= 0 && since < lookApart {
		return
	}
	c.looked = now
	fresh, err := c.o.Load()
	if err != nil {
		c.tellTrouble(err)
		return
	}
	c.trouble = ""
	if !bytes.Equal(fresh.Leaf.Raw, c.shown.Load().Leaf.Raw) {
		c.warned = time.Time{}
		c.o.Logger.Info("a new certificate is shown", "subject", fresh.Leaf.Subject.String(), "expires", fresh.Leaf.NotAfter)
	}
	c.shown.Store(fresh) // also where only what leads to its authority is another
	c.warn(now)
}

// tellTrouble logs what is wrong, once.
func (c *Certificate) tellTrouble(err error) {
	if err.Error() == c.trouble {
		return
	}
	c.trouble = err.Error()
	c.o.Logger.Error("the certificate cannot be read again; the last good one is shown", "error", err,
		"expires", c.shown.Load().Leaf.NotAfter)
}

// warn logs once a day that the certificate ends soon, or has ended.
func (c *Certificate) warn(now time.Time) {
	end := c.shown.Load().Leaf.NotAfter
	if end.Sub(now) >= c.o.Soon || now.Sub(c.warned) < warnApart {
		return
	}
	c.warned = now
	c.o.Logger.Warn("the certificate ends soon, or has ended: senders will not take it then", "expires", end,
		"hint", "renew it; new files are taken up without a restart")
}

// Serve serves a listener with TLS where the server has its settings, without where it has none.
func Serve(s *http.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}
