// Package secrets proves that what is configured as a secret comes out nowhere but where it is meant
// to go: each secret has a canary in it, everything is run at its most talkative against trackers
// that repeat what they are sent, and the canaries are looked for in all that was written.
package secrets

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

// What a run of all tests does is small; `make prove` asks for more.
var ( // flags of the test
	runs   = flag.Uint64("runs", 3, "lives of the process; in 7 every hostile answer is given by some tracker to reads, creates and changes, in 39 by every one")
	stride = flag.Int("stride", 53, "bytes between the places at which the configuration is damaged; 1 is every byte")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit)) }
