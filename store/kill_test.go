package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// victimPath tells the test binary, started again by the test below, to be a daemon that is killed.
const victimPath = "TICKETD_STORE_VICTIM"

func beVictim(path string) {
	s, err := Open(context.Background(), Options{Path: path})
	if err == nil {
		_, err = s.Accept(context.Background(), Incoming{Body: []byte("acknowledged"), Received: noon})
	}
	fmt.Println(err)
	select {} // until it is killed
}

func TestKillingADaemonReleasesItsLockAndKeepsWhatItAcknowledged(t *testing.T) {
	path := t.TempDir() + "/ticketd.db"
	self, err := os.Executable()
	must(t, err)
	victim := exec.CommandContext(t.Context(), self)
	victim.Env = append(os.Environ(), victimPath+"="+path)
	out, err := victim.StdoutPipe()
	must(t, err)
	must(t, victim.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "<nil>\n" {
		t.Errorf("the victim says %q, %v", line, err)
	}
	_, err = Open(t.Context(), Options{Path: path})
	wantError(t, err, ErrLocked)
	must(t, victim.Process.Kill())
	if _, ok := errors.AsType[*exec.ExitError](victim.Wait()); !ok {
		t.Error("the victim was not killed")
	}
	s, err := Open(t.Context(), Options{Path: path})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	if e, err := s.LastEvent(t.Context()); err != nil || string(e.Body) != "acknowledged" {
		t.Errorf("found %q, %v", e.Body, err)
	}
}
