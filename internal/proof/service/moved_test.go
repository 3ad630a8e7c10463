//go:build linux

package service_test

import (
	"strings"
	"testing"
)

// moved is what the comment in ticketd.socket, and a refusal to serve a socket, tell the operator to do.
const moved = "mkdir -p /etc/systemd/system/ticketd.socket.d\n" +
	"printf '[Socket]\\nListenStream=\\nListenStream=%s\\n' > /etc/systemd/system/ticketd.socket.d/test.conf\n" +
	"systemctl daemon-reload\n" +
	"systemctl stop ticketd.socket ticketd; systemctl start ticketd"

func TestTheSocketIsMovedWhileTheServiceRunsAndOneThatOthersReachIsRefusedWith78(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		for range 2 { // it must not be a matter of luck
			for _, at := range []string{"127.0.0.1:8090", "127.0.0.1:8080"} {
				if r := s.try(strings.Replace(moved, "%s", at, 1)); r.code != 0 {
					t.Fatalf("restarting both ends with %d: %s, %v", r.code, r.out, s.journal())
				}
				s.expect("ActiveState", "active")
				if listens := s.sh("systemctl show --value --property=Listen ticketd.socket"); !strings.Contains(listens, at) {
					t.Errorf("the socket listens at %s, want %s", listens, at)
				}
			}
		}
		a := newSender("moved")
		s.postAll(a, 5)
		s.judge(a)

		s.try(strings.Replace(moved, "%s", "0.0.0.0:8080", 1))
		s.refusedToStart("others can reach")
	})
}
