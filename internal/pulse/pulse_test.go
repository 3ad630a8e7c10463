package pulse

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names gives who is late.
func names(m *Monitor) (all []string) {
	for _, l := range m.Late() {
		all = append(all, l.Stage)
	}
	return all
}

func TestALoopIsLateWhenItIsNotBackAfterItsPromiseAndTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New()
		loop := m.Stage("apply").Begin()
		loop.Within(time.Minute)
		promised := time.Now().Add(time.Minute)
		time.Sleep(time.Minute + Grace)
		if late := m.Late(); len(late) != 0 {
			t.Errorf("late already: %+v", late)
		}
		time.Sleep(time.Millisecond)
		if late := m.Late(); len(late) != 1 || late[0] != (Late{"apply", promised, 1}) {
			t.Errorf("late are %+v, want apply since %s", late, promised)
		}
		loop.Within(time.Second)
		if late := m.Late(); len(late) != 0 {
			t.Errorf("it is back, and late is %+v", late)
		}
	})
}

func TestALoopThatPromisedNothingOrEndedIsNeverLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New()
		m.Stage("silent").Begin()
		ended := m.Stage("ended").Begin()
		ended.Within(time.Second)
		ended.End()
		time.Sleep(24 * time.Hour)
		if late := names(m); late != nil {
			t.Errorf("late are %q", late)
		}
	})
}

func TestOfManyThatAreLateTheFirstIsToldWithTheirNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New()
		receive, deliver := m.Stage("receive"), m.Stage("deliver")
		first := time.Now().Add(time.Second)
		for n := range 3 {
			receive.Begin().Within(time.Duration(3-n) * time.Second)
		}
		receive.Begin().Within(time.Hour)
		deliver.Begin().Within(time.Second)
		time.Sleep(time.Minute)
		want := []Late{{"deliver", first, 1}, {"receive", first, 3}}
		if late := m.Late(); !slices.Equal(late, want) {
			t.Errorf("late are %+v, want %+v", late, want)
		}
	})
}

func TestNobodyNeedsToBeWatched(t *testing.T) {
	var unwatched *Stage
	promise := unwatched.Begin()
	promise.Within(time.Second)
	promise.End()
	if promise != nil {
		t.Error("a promise that nobody watches is kept")
	}
}

func TestPromisesOfManyGoroutinesAreKept(t *testing.T) {
	m := New()
	stage := m.Stage("receive")
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			p := stage.Begin()
			defer p.End()
			p.Within(time.Hour)
			m.Late()
		})
	}
	all.Wait()
	if len(m.promises) != 0 {
		t.Errorf("%d promises are left of requests that have ended", len(m.promises))
	}
}

func hang(until chan struct{}) { <-until }

func crowd(until chan struct{}) { <-until }

func TestTheStacksTellTheLoopThatHangsBeforeACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		go hang(until)
		for range 1000 {
			go crowd(until)
		}
		synctest.Wait()
		text := Stacks(8 << 10)
		close(until)
		one, many := strings.Index(text, "pulse.hang pulse_test.go:"), strings.Index(text, "1000 at\n")
		if one < 0 || many >= 0 && many < one {
			t.Errorf("the one that hangs is not told first:\n%s", text)
		}
		if n := strings.Count(text, "pulse.crowd"); n > 1 {
			t.Errorf("a crowd with one stack is told %d times", n)
		}
	})
}

func TestTheStacksAreBoundedAndHoldNoValues(t *testing.T) {
	if text := Stacks(100); len(text) > 100 {
		t.Errorf("%d bytes", len(text))
	}
	if text := Stacks(1 << 20); strings.Contains(text, "0x") || !strings.Contains(text, "pulse.Stacks") {
		t.Errorf("the stacks are\n%s", text)
	}
}
