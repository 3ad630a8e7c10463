package disk_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// kind is what a system call did to the files of a database.
type kind int

const (
	create kind = iota
	write
	truncate
	unlink
	syncFile
	syncFolder
	accepted // an event: the door's line in the log, which it writes before it answers
)

// call is a system call that had an effect on the files of a database, or an event that was accepted.
type call struct {
	kind   kind
	suffix string // which file; see files
	data   []byte // written
	number int64  // offset of a write, length of a truncate, number of the accepted event
}

// strace gives the command under which the calls of a program are written to a file. Preemption
// by signals is off in the program (see quiet), because a signal splits the line of a call.
func strace(to string) []string {
	return []string{
		"strace", "-f", "-qq", "-y", "-xx", "-s", "2000000", "-e", "signal=none", "-A", "-o", to, "-e",
		"trace=open,openat,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync,sync_file_range",
	}
}

// quiet is the environment of a program whose calls are recorded.
func quiet() []string { return []string{"GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1"} }

// reader reads the lines of strace.
type reader struct {
	database string
	log      string
	begun    map[string]string // thread → the beginning of a call that another thread's cut in two
	present  map[string]bool   // suffixes of the files that there are
	calls    []call
}

//nolint:gochecknoglobals // compiled once
var (
	wholeLine = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
	unended   = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed   = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	quoted    = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	described = regexp.MustCompile(`^\d+<((?:\\x[0-9a-f]{2})*)>`)
)

// readTrace gives the calls on a database and the events that the log says were accepted.
func readTrace(t *testing.T, trace, database, log string) []call {
	t.Helper()
	f, err := os.Open(trace)
	must(t, err)
	defer f.Close()
	r := &reader{database: database, log: log, begun: make(map[string]string), present: make(map[string]bool)}
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return r.calls
		}
		must(t, err)
		if err := r.line(strings.TrimSuffix(line, "\n")); err != nil {
			t.Fatalf("reading the trace: %v: %.300s", err, line)
		}
	}
}

func (r *reader) line(line string) error {
	if m := unended.FindStringSubmatch(line); m != nil {
		r.begun[m[1]] = m[2]
		return nil
	}
	if m := resumed.FindStringSubmatch(line); m != nil {
		line = m[1] + " " + r.begun[m[1]] + m[2]
	}
	m := wholeLine.FindStringSubmatch(line)
	if m == nil || strings.HasPrefix(m[4], "-") {
		return nil // a process that ended, or a call that failed
	}
	result, err := strconv.ParseInt(m[4], 10, 64)
	if err != nil {
		return err
	}
	return r.call(m[2], m[3], result)
}

// call notes a call that succeeded.
func (r *reader) call(name, args string, result int64) error {
	var path string
	var data []byte
	if m := described.FindStringSubmatch(args); m != nil {
		path = string(unhex(m[1]))
		args = args[len(m[0]):]
	}
	if m := quoted.FindStringSubmatch(args); m != nil {
		data = unhex(m[1])
	}
	switch name {
	case "open", "openat", "unlink", "unlinkat":
		path = string(data)
	}
	if path == r.log && name == "write" {
		return r.logged(data)
	}
	if path == filepath.Dir(r.database) && (name == "fsync" || name == "fdatasync") {
		r.calls = append(r.calls, call{kind: syncFolder})
		return nil
	}
	suffix, ours := strings.CutPrefix(path, r.database)
	if !ours || suffix == "-shm" || suffix == ".lock" || suffix == ".sock" {
		return nil
	}
	c := call{suffix: suffix, data: data}
	switch name {
	case "open", "openat":
		return r.opened(c, args)
	case "unlink", "unlinkat":
		c.kind, c.data, r.present[suffix] = unlink, nil, false
	case "pwrite64":
		c.kind, c.number = write, last(args)
		if int64(len(data)) != result {
			return fmt.Errorf("%d of %d bytes were written", result, len(data))
		}
	case "ftruncate":
		c.kind, c.number = truncate, last(args)
	case "fsync", "fdatasync":
		c.kind = syncFile
	default:
		return fmt.Errorf("%s is not understood", name)
	}
	r.calls = append(r.calls, c)
	return nil
}

func (r *reader) opened(c call, flags string) error {
	c.data = nil
	if strings.Contains(flags, "O_TRUNC") {
		return errors.New("O_TRUNC is not understood")
	}
	if strings.Contains(flags, "O_CREAT") && !r.present[c.suffix] {
		r.present[c.suffix] = true
		r.calls = append(r.calls, call{kind: create, suffix: c.suffix})
	}
	return nil
}

// logged notes an event that was accepted.
func (r *reader) logged(text []byte) error {
	for line := range bytes.Lines(text) {
		var said struct {
			Msg, Outcome string
			Event        json.RawMessage
		}
		if json.Unmarshal(line, &said) != nil || said.Msg != "event received" || said.Outcome != "accepted" {
			continue
		}
		seq, err := strconv.ParseInt(string(said.Event), 10, 64)
		if err != nil {
			return err
		}
		r.calls = append(r.calls, call{kind: accepted, number: seq})
	}
	return nil
}

// last gives the number after the last comma.
func last(args string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(args[strings.LastIndexByte(args, ',')+1:]), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// unhex reads \x00\x01...
func unhex(text string) []byte {
	out, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	if err != nil {
		return nil
	}
	return out
}
