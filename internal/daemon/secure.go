package daemon

import (
	"fmt"
	"net/http"

	"ticketd/internal/config"
	"ticketd/internal/receive"
)

// secure has the webhook's server speak TLS where a certificate is configured.
func (d *Daemon) secure(server *http.Server) error {
	pair := d.o.Config.Server.KeyPair
	if pair == nil {
		return nil
	}
	c, err := receive.NewCertificate(receive.CertificateOptions{
		Load: pair.Load, Soon: config.ExpiresSoon, Logger: d.o.Logger, Now: d.o.Now,
	})
	if err != nil {
		return fmt.Errorf("setting up TLS: %w", err)
	}
	server.TLSConfig = c.Config()
	d.metrics.WatchCertificate(c.Expires)
	return nil
}

// tellLosses logs a secret's file that cannot be used any more.
func (d *Daemon) tellLosses() {
	d.o.Config.OnLoss(func(l config.Loss) {
		d.o.Logger.Error("the file of a secret cannot be used any more; what it held last is used on", "file", l.File, "problem", l.Text, "hint", l.Hint)
	})
}
