// Package outbound proves what each operation of a tracker makes of every answer that is none: cut,
// endless, redirected, empty, of another form or about another issue.
package outbound

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// What a run of all tests does is small; `make prove` asks for more.
var step = flag.Int("step", 151, "bytes between the places at which an answer is cut; 1 is every byte")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
