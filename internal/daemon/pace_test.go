package daemon

import (
	"testing"
	"time"

	"ticketd/internal/config"
	"ticketd/internal/deliver"
)

func TestGitHubsOwnHostsArePacedAndEnterpriseServersHardly(t *testing.T) {
	for host, want := range map[string]deliver.Pace{
		"github.com": deliver.GitHubPace(), "acme.ghe.com": deliver.GitHubPace(),
		"github.example.com": deliver.EnterprisePace(), "notghe.com": deliver.EnterprisePace(),
	} {
		if got := gitHubPace(host); got != want {
			t.Errorf("%s: %+v, want %+v", host, got, want)
		}
	}
}

func TestAConfiguredPaceOverridesTheDefault(t *testing.T) {
	got := paced(config.Pacing{MinInterval: 2 * time.Second, PerHour: 60}, deliver.GitHubPace())
	if want := (deliver.Pace{Gap: 2 * time.Second, Interval: time.Minute, Burst: 20}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
