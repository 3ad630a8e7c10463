package daemon

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// WebhookSocket is the name of the inherited listener that is served in place of server.listen: the
// FileDescriptorName= of its socket unit.
const WebhookSocket = "webhook"

// ErrSocket says that a socket that the service manager opened cannot be served as the configuration is.
var ErrSocket = errors.New("the service manager's socket cannot be served")

// listenForWebhooks gives the inherited listener, or one at the configured address.
func (d *Daemon) listenForWebhooks() (net.Listener, error) {
	for name := range d.o.Listeners {
		if name != WebhookSocket {
			return nil, fmt.Errorf("%w: nothing is known to do with one named %q: set FileDescriptorName=%s in its unit", ErrSocket, name, WebhookSocket)
		}
	}
	configured := d.o.Config.Server.Listen
	inherited := d.o.Listeners[WebhookSocket]
	if inherited == nil {
		l, err := d.o.Listen("tcp", configured)
		if err != nil {
			return nil, fmt.Errorf("listening for webhooks: %w", err)
		}
		return l, nil
	}
	if err := d.permits(inherited.Addr()); err != nil {
		return nil, err
	}
	if at := inherited.Addr().String(); !sameAddress(at, configured) {
		d.o.Logger.Warn("the service manager listens elsewhere than server.listen says, and that is what counts",
			"listens", at, "server_listen", configured,
			"hint", "make them the same: ListenStream= by `systemctl edit ticketd.socket`, or server.listen in "+d.o.Config.Files[0])
	}
	return inherited, nil
}

// permits asks of an inherited address what the configuration asks of server.listen.
func (d *Daemon) permits(at net.Addr) error {
	s := d.o.Config.Server
	if local(at) {
		return nil
	}
	const remedy = "set ListenStream= to 127.0.0.1 by `systemctl edit ticketd.socket`"
	switch {
	case s.InsecureNoAuth:
		return fmt.Errorf("%w: others can reach %s, and anybody could post findings: %s, or take server.insecure_no_auth away", ErrSocket, at, remedy)
	case s.TLSCertFile == "" && !s.BehindProxy && !s.PlainHTTP:
		return fmt.Errorf("%w: others can reach %s and it speaks HTTP without TLS: %s, "+
			"or set server.tls_cert_file, server.behind_proxy if a proxy with HTTPS is in front, or server.plain_http", ErrSocket, at, remedy)
	}
	return nil
}

// local tells whether only this machine reaches an address.
func local(at net.Addr) bool {
	if at.Network() == "unix" {
		return true
	}
	address, err := netip.ParseAddrPort(at.String())
	return err == nil && address.Addr().Unmap().IsLoopback()
}

// sameAddress tells whether host:port, as configured, means the address of a listener: "localhost" is any
// loopback address, and no host is all there are.
func sameAddress(listens, configured string) bool {
	host, port, err := net.SplitHostPort(configured)
	at, parsed := netip.ParseAddrPort(listens)
	if err != nil || parsed != nil {
		return listens == configured
	}
	if fmt.Sprint(at.Port()) != port {
		return false
	}
	named, err := netip.ParseAddr(host)
	switch ip := at.Addr().Unmap(); {
	case err == nil && named.IsUnspecified(), host == "":
		return ip.IsUnspecified()
	case err == nil:
		return named.Unmap() == ip
	default:
		return ip.IsLoopback()
	}
}
