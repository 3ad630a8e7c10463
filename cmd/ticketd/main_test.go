package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	proof "ticketd/internal/proof/program"
)

// TestMain runs the tests or, started under the name "ticketd", the program itself.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"ticketd": main})
}

// leakChecked fails tests that leave goroutines behind.
type leakChecked struct{ *testing.M }

func (l leakChecked) Run() int {
	if err := os.Setenv(withoutDelay()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer proof.Remove()
	code := l.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestTheScriptsRun(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       updateScripts(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv(withoutDelay())
			packaged, err := filepath.Abs("../../packaging/ticketd.toml")
			e.Setenv("PACKAGED", packaged)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"accept":    accept,
			"exits":     exits,
			"fill":      fill,
			"fill_line": fillLine,
			"newer":     newer,
		},
	})
}

// updateScripts tells whether UPDATE_SCRIPTS asks for the expected output in the scripts to be
// rewritten.
func updateScripts() bool { return os.Getenv("UPDATE_SCRIPTS") != "" }

// withoutDelay is a variable that keeps a program built with the race detector from resting for a
// second before it ends.
func withoutDelay() (name, value string) { return "GORACE", "atexit_sleep_ms=0" }

// exits runs a program that must end with a code: exits CODE PROGRAM ARGUMENTS…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENTS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	err = ts.Exec(args[1], args[2:]...)
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("the exit code is %d, want %d", code, want)
	}
}
