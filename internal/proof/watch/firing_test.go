package watch_test

import (
	"strings"
	"testing"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof/program"
)

// The credential of the practice Jira, as program.Service configures it.
const (
	account   = "bot@example.com"
	rightWord = "jira-secret-token"
)

func TestPrometheusSeesARunningDaemonAndFiresWhenAPersonIsNeeded(t *testing.T) {
	tool(t, "prometheus") // before anything is built
	jira := jiratest.New(jiratest.Options{Email: account, Token: rightWord})
	s := program.New(t, program.Options{Jira: jira})
	s.Start()
	p := startPrometheus(t, strings.TrimPrefix(s.Admin(), "http://"))
	p.has(`up{job="ticketd"} == 1`)

	post(t, s, "first", 1)
	p.has(`ticketd_tickets{state="live"} == 1`)
	p.has(`ticketd_tracker_calls_total{operation="create", outcome="ok"} == 1`)
	p.fires() // nothing, on a daemon that is well

	for name, query := range readDashboard(t).queries() {
		if maybeEmpty(query) {
			if _, err := p.count(query); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		p.has(query)
	}

	jira.SetToken("renewed")
	post(t, s, "second", 2)
	p.fires("TicketdCredentialRefused (page)", "TicketdCredentialRefused (ticket)")
}

func post(t *testing.T, s *program.Service, finding string, at int64) {
	t.Helper()
	if status, err := s.Post(t.Context(), program.Opened(finding, at)); err != nil || status != 200 {
		t.Fatalf("posting %s: %d %v", finding, status, err)
	}
}
