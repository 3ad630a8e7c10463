package door

import (
	"fmt"
	"sync"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

// memoryBound is what a flood may make of the process (facts/reliability.md 6).
const memoryBound = 256 << 20

func TestAFloodOfLargeBodiesCostsNeitherMemoryNorAnEvent(t *testing.T) {
	for by, o := range map[string]program.Options{"HTTP": {}, "HTTPS": {TLS: true}} {
		t.Run(by, func(t *testing.T) { floodBy(t, by, program.New(t, o)) })
	}
}

// floodBy has a service flooded; by says how it is reached.
func floodBy(t *testing.T, by string, s *program.Service) {
	t.Helper()
	s.Start()
	idle := peak(t, s)
	flood, strangers, small := newTally(), newTally(), newTally()
	var all sync.WaitGroup
	large := largeBodies()
	for i := range *connections {
		body := large(i / 2)
		if i%2 == 0 {
			all.Go(func() { flood.add(post(t.Context(), s, program.Token, body...), body...) })
		} else {
			all.Go(func() { strangers.add(post(t.Context(), s, "a-token-that-is-not-the-right-one", body...), body...) })
		}
	}
	took := good(t.Context(), t, s, small)
	all.Wait()
	settle(t, s, small)
	most := peak(t, s)

	// On a busy machine some do not get to send within their 15 seconds: 408, or nothing.
	if rest := flood.others(200, 503, 408, 0); len(rest) > 0 || flood.statuses[200] == 0 {
		t.Errorf("a flood with the token: %s", flood)
	}
	// A stranger who still sends may have his connection reset before he reads.
	if rest := strangers.others(401, 0); len(rest) > 0 {
		t.Errorf("a flood without: %s", strangers)
	}
	if !wellServed(small) {
		t.Errorf("the good sender: %s", small)
	}
	if most > memoryBound {
		t.Errorf("%d MiB of memory", most>>20)
	}
	missing := lost(t, s, flood, small)
	if missing > 0 {
		t.Errorf("%d acknowledged events are not in the store", missing)
	}
	report.Tell(t, report.Row{
		Part: "Door",
		What: fmt.Sprintf("%d connections with 1 MiB each by %s, half of them with the token; a good sender meanwhile", *connections, by),
		Outcome: fmt.Sprintf("with the token: %s; without: %s; %d acknowledged lost; memory %d MiB (%d idle); good sender: %s, p99 %s",
			flood, strangers, missing, most>>20, idle>>20, small, p99(took)),
	})
}
