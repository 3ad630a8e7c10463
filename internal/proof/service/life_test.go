//go:build linux

package service_test

import (
	"fmt"
	"strings"
	"testing"

	"ticketd/internal/proof/program"
)

func TestAKillLosesNothingAndTicketsNothingTwice(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		a := newSender("kill")
		stop := a.keepPosting(t.Context(), 4)
		const kills = 3
		for n := 1; n <= kills; n++ {
			s.untilMore(a, 20)
			s.sh("systemctl kill --kill-who=main --signal=KILL ticketd.service")
			program.Eventually(t, "it runs again", func() bool { return s.show("NRestarts") == fmt.Sprint(n) && s.show("ActiveState") == "active" })
		}
		s.untilMore(a, 20)
		stop()
		if len(a.refused) > 0 {
			t.Errorf("answers were %v", a.refused)
		}
		s.judge(a)
		t.Logf("%d kills: %d events accepted, %d without an answer", kills, len(a.accepted), len(a.silent))
	})
}

// untilMore waits until so many more events were accepted.
func (s *site) untilMore(a *sender, n int) {
	s.t.Helper()
	before := a.count()
	program.Eventually(s.t, fmt.Sprintf("%d more events are accepted", n), func() bool { return a.count() >= before+n })
}

// The watchdog of the package is patient; for this it is not.
const impatient = "mkdir -p /etc/systemd/system/ticketd.service.d\n" +
	"printf '[Service]\\nWatchdogSec=4s\\n' > /etc/systemd/system/ticketd.service.d/test.conf\n" +
	"systemctl daemon-reload\n"

func TestAHangIsEndedByTheWatchdogAndLosesNothing(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.install(release)
		s.sh(impatient)
		s.configure("")
		s.sh("systemctl start ticketd.socket ticketd.service")
		a := newSender("hang")
		s.postAll(a, 20)
		s.sh("systemctl kill --kill-who=main --signal=STOP ticketd.service")
		stop := a.keepPosting(t.Context(), 4) // these connections wait for who comes after it
		program.Eventually(t, "it runs again", func() bool { return s.show("NRestarts") == "1" && s.show("ActiveState") == "active" })
		s.untilMore(a, 20)
		stop()
		if len(s.said("Watchdog timeout")) != 1 {
			t.Errorf("the journal does not say that the watchdog did it: %v", s.journal())
		}
		s.judge(a)
	})
}

func TestAStopUnderLoadKeepsWhatWasAnswered(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		a := newSender("stop")
		stop := a.keepPosting(t.Context(), 8)
		s.untilMore(a, 50)
		s.sh("systemctl stop ticketd.socket ticketd.service")
		stop()
		s.expect("ActiveState", "inactive", "Result", "success", "ExecMainStatus", "0")
		if status := a.post(t.Context()); status != 0 {
			t.Errorf("a post to what is stopped is answered with %d", status)
		}
		s.sh("systemctl start ticketd.socket ticketd.service")
		s.judge(a)
		t.Logf("%d events accepted, %d without an answer", len(a.accepted), len(a.silent))
	})
}

func TestARestartThroughTheSocketAnswersEveryConnection(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		before := s.show("MainPID")
		a := newSender("restart")
		stop := a.keepPosting(t.Context(), 60) // all of them wait at once while nobody is there
		s.untilMore(a, 60)
		s.sh("systemctl restart ticketd.service")
		s.untilMore(a, 60)
		stop()
		if after := s.show("MainPID"); after == before {
			t.Errorf("the process is still %s", after)
		}
		if len(a.silent) > 0 || len(a.refused) > 0 {
			t.Errorf("of %d posts %d had no answer (%v), and others were answered with %v", a.sent, len(a.silent), first(a.silent), a.refused)
		}
		s.expect("NRestarts", "0") // that of an operator is none
		s.judge(a)
		t.Logf("60 connections at once: %d posts, all answered with 200", a.sent)
	})
}

// first gives the first of what may be many.
func first(all []error) error {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

func TestAnUpgradeUnderLoadLosesNothing(t *testing.T) {
	inContainer(t, func(t *testing.T, s *site) {
		s.start()
		a := newSender("upgrade")
		stop := a.keepPosting(t.Context(), 8)
		s.untilMore(a, 20)
		before := s.show("MainPID")
		s.install(nextRelease)
		s.untilMore(a, 20)
		stop()
		s.expect("ActiveState", "active", "NRestarts", "0")
		if after := s.show("MainPID"); after == before || after == "0" {
			t.Errorf("process %s became %s: the new version does not run", before, after)
		}
		if said := s.said(`ticketd is up`); len(said) != 2 || !strings.Contains(said[1].message, nextVersion) {
			t.Errorf("it came up as %v, want %s last", said, nextVersion)
		}
		if len(a.silent) > 0 || len(a.refused) > 0 {
			t.Errorf("of %d posts %d had no answer (%v), and others were answered with %v", a.sent, len(a.silent), first(a.silent), a.refused)
		}
		s.judge(a)
	})
}
