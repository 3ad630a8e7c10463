package daemon

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestTheNewestErrorIsRememberedWithWhatItIsAbout(t *testing.T) {
	var out bytes.Buffer
	memory := rememberErrors(slog.NewTextHandler(&out, nil))
	log := slog.New(memory)
	log.Info("all is well")
	log.Warn("nearly")
	if got := memory.newest(); got != nil {
		t.Fatalf("remembered %+v without an error", got)
	}
	log.Error("an earlier one")
	log.With("tracker", "jira").Error("delivering", "error", errors.New("the disk is full\nforged=line"), "stack", "goroutine 1")
	log.Warn("afterwards")
	got := memory.newest()
	if got == nil || got.Message != "delivering" || got.Detail != "tracker=jira error=the disk is full forged=line" || got.At.IsZero() {
		t.Errorf("remembered %+v", got)
	}
	for _, want := range []string{"all is well", "nearly", "an earlier one", "tracker=jira", "goroutine 1", "afterwards"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not passed on: %q in\n%s", want, &out)
		}
	}
}

func TestALongErrorIsCut(t *testing.T) {
	memory := rememberErrors(slog.DiscardHandler)
	slog.New(memory).WithGroup("g").Error("delivering", "error", strings.Repeat("x", 1<<20))
	if got := memory.newest(); got == nil || len(got.Detail) > longestDetail {
		t.Errorf("remembered %+v", got)
	}
}
