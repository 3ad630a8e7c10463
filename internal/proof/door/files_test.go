package door

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"ticketd/internal/proof/program"
	"ticketd/internal/proof/report"
)

func TestAProcessThatMayOpenFewFilesServesOneAfterTheOtherAndLosesNothing(t *testing.T) {
	// Idle, the process has some 25 files open. Of 64, the listener leaves it enough; of 34 it does not, and
	// the kernel refuses: EMFILE.
	for _, allowed := range []int{64, 34} {
		t.Run(fmt.Sprint(allowed), func(t *testing.T) {
			s := crowd(t, allowed)
			if refused := bytes.Contains(s.Log(), []byte("too many open files")); refused != (allowed == 34) {
				t.Errorf("of %d files: that there are too many is %t", allowed, refused)
			}
		})
	}
}

// crowd has more senders than there is room for come to a process, behind more who say nothing.
func crowd(t *testing.T, allowed int) *program.Service {
	t.Helper()
	senders := allowed/2 + 8
	s := program.New(t, program.Options{Wrapper: []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, allowed)}})
	s.Start()
	told := newTally()
	ctx, enough := context.WithCancel(t.Context())
	var all, mute, connected sync.WaitGroup
	for range 2 * allowed {
		connected.Add(1)
		mute.Go(func() { trickle(ctx, s, "POST", connected.Done) })
	}
	connected.Wait()
	open := files(t, s)
	for i := range senders {
		connected.Add(1)
		all.Go(func() {
			body := program.Opened(fmt.Sprintf("crowd-%d", i), int64(1_700_000_000+i))
			conn, err := dial(t.Context(), s)
			connected.Done()
			if err != nil {
				t.Error(err)
				return
			}
			told.add(postOn(conn, program.Token, body), body)
		})
	}
	connected.Wait()
	enough()
	mute.Wait()
	all.Wait()
	settle(t, s, told)

	if rest := told.others(200); len(rest) > 0 {
		t.Errorf("%s", told)
	}
	program.Eventually(t, "every finding has its issue", func() bool { return len(s.Jira.Issues()) == senders+1 })
	missing := lost(t, s, told)
	if missing > 0 {
		t.Errorf("%d acknowledged events are not in the store", missing)
	}
	report.Tell(t, report.Row{
		Part: "Door",
		What: fmt.Sprintf("%d files allowed, %d connections of which nothing comes, %d posts at once behind them", allowed, 2*allowed, senders),
		Outcome: fmt.Sprintf("%s; %d acknowledged lost; %d files open at that time; every issue made once",
			told, missing, open),
	})
	return s
}
