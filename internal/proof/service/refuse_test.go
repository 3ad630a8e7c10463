//go:build linux

package service_test

import (
	"slices"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

func TestAFreshInstallationAndAnOpenSecretAreToldAndNotTriedAgain(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.install(release)
		s.expect("ActiveState", "inactive", "UnitFileState", "disabled")
		if r := s.try("systemctl start ticketd.service"); r.code == 0 {
			t.Error("it started without a tracker")
		}
		s.refusedToStart("ticketd init --service")

		s.configure("")
		s.sh("sed -i 's|^value_file = .*|value_file = \"/etc/ticketd/open\"|' /etc/ticketd/ticketd.toml")
		s.write("/etc/ticketd/open", program.Token+"\n", 0o644)
		if r := s.try("systemctl start ticketd.service"); r.code == 0 {
			t.Error("it started with a secret that others can read")
		}
		s.refusedToStart("can be read by others")
		if r := s.try("ticketd check"); r.code != 78 || !strings.Contains(r.out, "can be read by others") {
			t.Errorf("check ends with %d: %s", r.code, r.out)
		}
	})
}

func TestAMistakeInTheConfigurationIsToldAndNotTriedAgain(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		a := newSender("mistake")
		s.postAll(a, 5)
		s.configure("[[rule]]\nname = \"broken\"\nprojekt = \"SEC\"\n")
		before := s.show("MainPID")
		if said := s.sh("dpkg --install /mnt/" + nextRelease); !strings.Contains(said, "the old version goes on") || !strings.Contains(said, "projekt") {
			t.Errorf("the upgrade does not say that the old version goes on, but %s", said)
		}
		s.expect("ActiveState", "active", "MainPID", before)
		s.postAll(a, 1)
		if r := s.try("systemctl restart ticketd.service"); r.code == 0 {
			t.Error("it started with a mistake")
		}
		s.refusedToStart("projekt")

		// Each connection has systemd start it. That must come to an end, too, and then heal.
		stop := a.keepPosting(t.Context(), 2)
		program.Eventually(t, "the socket gives up", func() bool {
			return s.sh("systemctl show --value --property=Result ticketd.socket") == "trigger-limit-hit"
		})
		stop()
		if starts := len(s.said("Starting ticketd.service")); starts > 10 {
			t.Errorf("it was started %d times for nothing", starts)
		}
		s.configure("")
		s.sh("systemctl restart ticketd.service")
		s.postAll(a, 5)
		s.judge(a)
	})
}

// refusedToStart expects that the service does not run, is not started again, and has said why.
func (s *site) refusedToStart(words string) {
	s.t.Helper()
	s.expect("ActiveState", "failed", "SubState", "failed", "NRestarts", "0")
	isError := func(e entry) bool { return e.priority == 3 }
	if !slices.ContainsFunc(s.said(words), isError) {
		s.t.Errorf("the journal does not say %q as an error, but %v", words, s.journal())
	}
	if said := s.said("status=78"); len(said) == 0 {
		s.t.Errorf("it did not end with 78: %v", s.journal())
	}
}
