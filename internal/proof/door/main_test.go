// Package door proves that strangers and crowds at the webhook's listener of a real process cost
// neither its memory nor anybody's event.
package door

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

// What a run of all tests does is small; `make prove` asks for more.
var (
	connections = flag.Int("connections", 100, "connections of a flood, each with a body of 1 MiB")
	slowClients = flag.Int("slow", 200, "clients that send a byte at a time")
	goodPosts   = flag.Int("good", 20, "small events that a good sender posts meanwhile")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit)) }
