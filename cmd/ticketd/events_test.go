package main

import (
	"strings"
	"testing"

	"ticketd/store"
)

func TestABodyThatTheDiskDamagedIsShownAsThat(t *testing.T) {
	e := store.Event{Seq: 7, State: store.EventApplied, Body: []byte("{}"), Damaged: true}
	if sheet := eventSheet(e); !strings.Contains(sheet, "2 bytes, damaged") {
		t.Errorf("shown as\n%s", sheet)
	}
	if !viewEvent(e).Damaged {
		t.Error("the document does not tell")
	}
}
