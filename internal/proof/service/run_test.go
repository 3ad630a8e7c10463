//go:build linux

package service_test

import (
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

func TestTheServiceRunsAsTheUnitSays(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		s.sh("curl -sf " + admin + "/readyz") // at once: it came back when it was ready
		a := newSender("run")
		s.postAll(a, 5)
		s.judge(a)
		s.expect("ActiveState", "active", "SubState", "running", "User", "ticketd", "NRestarts", "0")

		// The database belongs to it alone.
		if got := s.sh("stat -c '%U %a' /var/lib/ticketd " + database); got != "ticketd 700\nticketd 600" {
			t.Errorf("owners and modes are %q", got)
		}
		// It had two of the credentials that the unit names; those that are missing hindered nothing.
		if got := s.sh("ls /run/credentials/ticketd.service"); got != "ticketd.jira-token\nticketd.webhook-token" {
			t.Errorf("its credentials are %q", got)
		}
		program.Eventually(t, "STATUS has counts", func() bool { return strings.Contains(s.show("StatusText"), "5") })

		s.priorities()
		s.sh("systemd-analyze security --threshold=12 --no-pager ticketd.service")
	})
}

// priorities makes it say something that is a warning, and looks how the journal has it.
func (s *site) priorities() {
	s.t.Helper()
	if r := s.try("curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer nonsense' -d '{}' " + webhook); r.out != "401" {
		s.t.Errorf("a wrong token is answered with %s", r.out)
	}
	for words, priority := range map[string]int{"ticketd is up": 6, "refused": 4} {
		said := s.said(words)
		if len(said) == 0 || said[0].priority != priority {
			s.t.Errorf("of %q the journal has %v, want priority %d", words, said, priority)
		}
	}
}
