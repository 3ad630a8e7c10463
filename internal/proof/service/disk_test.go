//go:build linux

package service_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

func TestAFullDiskIsToldAndOverWhenThereIsRoom(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.install(release)
		s.configure("")
		s.sh("mkdir -p /var/lib/ticketd; mount -t tmpfs -o size=8m,mode=700 tmpfs /var/lib/ticketd")
		s.sh("systemctl start ticketd.socket ticketd.service")
		a := newSender("disk")
		s.postAll(a, 20)
		s.judge(a) // a call whose outcome finds no room would be looked into for half a minute afterwards
		large := func(n int) int {
			body := fmt.Appendf(nil, `{"n":%d,"padding":%q}`, n, strings.Repeat("x", 50_000))
			status, err := program.Post(t.Context(), webhook, body)
			must(t, err)
			return status
		}
		n := 0
		program.Eventually(t, "the disk is full and /readyz says so", func() bool {
			n++
			switch status := large(n); status {
			case http.StatusOK:
				return false
			case http.StatusServiceUnavailable: // the row of a probe may fit longer than an event
				return strings.Contains(s.try("curl -s --max-time 5 "+admin+"/readyz").out, "disk is full")
			default:
				t.Fatalf("answered with %d", status)
				return false
			}
		})
		if status := large(n + 1); status != http.StatusServiceUnavailable {
			t.Errorf("answered with %d, want 503", status)
		}
		program.Eventually(t, "STATUS says that it is not well", func() bool { return strings.Contains(s.show("StatusText"), "full") })
		s.sh("mount -o remount,size=64m /var/lib/ticketd")
		program.Eventually(t, "events are accepted again", func() bool { n++; return large(n) == http.StatusOK })
		s.expect("ActiveState", "active", "NRestarts", "0")
		s.postAll(a, 20)
		s.judge(a)
		s.sh("curl -sf " + admin + "/readyz")
	})
}
