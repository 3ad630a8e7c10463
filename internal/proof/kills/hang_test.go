package kills_test

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ticketd/internal/proof"
	"ticketd/internal/proof/program"
)

// impatience is how many times sooner a process of these tests is held for hanging: minutes become seconds.
const impatience = 60

// signs are what a process tells its service manager, newest last.
type signs struct {
	mu   sync.Mutex
	told []string
}

// listen gives what hears a process, and the variables by which it is told to whom to speak.
func listen(t *testing.T) (*signs, []string) {
	t.Helper()
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", filepath.Join(t.TempDir(), "notify"))
	if err != nil {
		t.Fatal(err)
	}
	s, over := new(signs), make(chan struct{})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-over
	})
	go func() {
		defer close(over)
		for buffer := make([]byte, 4096); ; {
			n, _, err := c.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			s.mu.Lock()
			s.told = append(s.told, string(buffer[:n]))
			s.mu.Unlock()
		}
	}()
	return s, []string{"NOTIFY_SOCKET=" + c.LocalAddr().String(), "WATCHDOG_USEC=90000000", program.Impatient(impatience)}
}

// hangs tells whether the process said what hangs and gives no signs of life any more.
func (s *signs) hangs() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	const looks = 5 // without a sign of life between them
	if len(s.told) < looks {
		return false
	}
	for _, told := range s.told[len(s.told)-looks:] {
		if !strings.HasPrefix(told, "STATUS=hangs: ") {
			return false
		}
	}
	return true
}

// TestAHangOfAStageEndsTheSignsOfLifeAndIsNamed is about a real process: after the kill that a service manager
// answers the silence with, nothing is lost and nothing double.
func TestAHangOfAStageEndsTheSignsOfLifeAndIsNamed(t *testing.T) {
	t.Parallel()
	for point, stage := range map[proof.Point]string{
		proof.EventStored:   "receive",
		proof.EventsApplied: "apply",
		proof.TicketClaimed: "deliver jira",
		proof.Committed:     "store",
	} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			heard, env := listen(t)
			s := program.New(t, program.Options{Env: append(env, program.Hurry(hurry))})
			pass := 1
			if point == proof.Committed {
				pass = 10 // a start has fewer
			}
			s.Start(program.HangAt(point, pass))
			posting := make(chan struct{})
			go func() {
				defer close(posting)
				_, _ = s.Post(t.Context(), program.Opened("first", 1000)) // ends with the process, where its answer hangs
			}()
			program.Eventually(t, "it stops giving signs of life", heard.hangs)
			expectNamed(t, s.Log(), stage)
			s.Kill()
			<-posting
			s.Start()
			opened(t, s) // again: the sender had no answer
			if code, err := s.Post(t.Context(), program.Opened("second", 1000)); err != nil || code != http.StatusOK {
				t.Errorf("the webhook answered %d, %v", code, err)
			}
			program.Eventually(t, "every finding has its issue", func() bool { return len(s.Jira.Issues()) >= 2 })
			if n := len(s.Jira.Issues()); n != 2 {
				t.Errorf("%d issues, want two", n)
			}
		})
	}
}

// expectNamed looks for the line of a log that names the stage that hangs, with the stacks.
func expectNamed(t *testing.T, log []byte, stage string) {
	t.Helper()
	for line := range bytes.Lines(log) {
		var told struct{ Level, Msg, Error, Stacks string }
		if json.Unmarshal(line, &told) != nil || told.Msg != "no progress is made" {
			continue
		}
		if told.Level == "ERROR" && strings.Contains(told.Error, stage+" should have been back at ") && strings.Contains(told.Stacks, "proof.(*order).at on.go:") {
			return
		}
		t.Logf("it told %s, at\n%s", told.Error, told.Stacks)
	}
	t.Errorf("no line of the log says that %s hangs, and where", stage)
}
