package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
)

// elsewhere is a listener that says it is at another address.
type elsewhere struct {
	net.Listener

	at net.Addr
}

func (e elsewhere) Addr() net.Addr { return e.at }

func tcp(host string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(host), Port: port} }

// inheriting starts a world whose webhook is a socket of the service manager at an address. more are
// lines of [server].
func inheriting(t *testing.T, at net.Addr, test func(w *world)) {
	t.Helper()
	inWorld(t, settings{}, func(w *world) {
		w.stop()
		w.config.options = func(o *daemon.Options) {
			o.Listeners = map[string]net.Listener{daemon.WebhookSocket: elsewhere{w.hooks, at}}
			o.Listen = func(network, address string) (net.Listener, error) {
				if network != "unix" {
					t.Errorf("ticketd itself listens on %s", address)
				}
				return w.pokes, nil
			}
		}
		w.start()
		test(w)
	})
}

func TestAnInheritedSocketIsServedInPlaceOfTheConfiguredAddress(t *testing.T) {
	for name, at := range map[string]net.Addr{
		"the same": tcp("127.0.0.1", 1), "a socket of the file system": &net.UnixAddr{Name: "/run/ticketd/webhook", Net: "unix"},
	} {
		t.Run(name, func(t *testing.T) {
			inheriting(t, at, func(w *world) {
				w.post(violation("OPENED", "v-1", 1611058000))
				warned := len(w.logged("the service manager listens elsewhere")) > 0
				if warned != (at.Network() == "unix") {
					t.Errorf("that server.listen says something else is told: %v", warned)
				}
			})
		})
	}
}

func TestAnInheritedSocketThatDiffersFromTheConfigurationIsTold(t *testing.T) {
	inheriting(t, tcp("::1", 8443), func(w *world) {
		lines := w.logged("the service manager listens elsewhere")
		if len(lines) != 1 {
			t.Fatalf("it is told %d times", len(lines))
		}
		for _, part := range []string{"listens=[::1]:8443", "server_listen=127.0.0.1:1", "systemctl edit ticketd.socket", "server.listen in test.toml"} {
			if !strings.Contains(lines[0], part) {
				t.Errorf("%q is missing in %s", part, lines[0])
			}
		}
	})
}

func TestAnInheritedSocketIsRefusedWhereTheConfigurationWouldRefuseItsAddress(t *testing.T) {
	cases := []struct {
		name   string
		at     net.Addr
		server string // lines of [server]
		wrong  string // what the error says; "": none
	}{
		{"public, without TLS", tcp("0.0.0.0", 8080), "", "others can reach 0.0.0.0:8080 and it speaks HTTP without TLS"},
		{"public, IPv6", tcp("2001:db8::1", 8080), "", "[2001:db8::1]:8080"},
		{"public behind a proxy", tcp("10.0.0.1", 8080), "behind_proxy = true", ""},
		{"public, asked for", tcp("10.0.0.1", 8080), "plain_http = true", ""},
		{"loopback in IPv6's words", tcp("::ffff:127.0.0.1", 8080), "", ""},
		{"another loopback", tcp("127.0.0.2", 8080), "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := startInheriting(t, daemon.WebhookSocket, c.at, c.server)
			switch {
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong != "" && (!errors.Is(err, daemon.ErrSocket) || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("the start says: %v", err)
			}
		})
	}
}

func TestAnInheritedSocketOfAnotherNameIsRefusedForNobodyWouldServeIt(t *testing.T) {
	err := startInheriting(t, "ticketd.socket", tcp("127.0.0.1", 8080), "")
	if !errors.Is(err, daemon.ErrSocket) || !strings.Contains(err.Error(), "FileDescriptorName=webhook") {
		t.Errorf("the start says: %v", err)
	}
}

// startInheriting makes a daemon that inherits a socket under a name, and gives what it says to that.
func startInheriting(t *testing.T, name string, at net.Addr, server string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ticketd.db")
	text := strings.Replace(fmt.Sprintf(head, path), "[server]", "[server]\n"+server, 1) + oneTracker + oneRule
	c, problems := config.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if problems.Fatal() {
		t.Fatal(problems)
	}
	d, err := daemon.New(t.Context(), daemon.Options{
		Config: c, Logger: slog.New(slog.DiscardHandler), Listeners: map[string]net.Listener{name: elsewhere{newPipeListener(), at}},
	})
	if err != nil {
		return err
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	return d.Run(over)
}
