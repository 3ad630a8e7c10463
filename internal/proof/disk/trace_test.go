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

// line reads `THREAD NAME(ARGUMENTS) = RESULT`, or a half of it. Lines are long, so no pattern is matched.
func (r *reader) line(line string) error {
	thread, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimLeft(rest, " ")
	if begun, ok := strings.CutSuffix(rest, " <unfinished ...>"); ok {
		r.begun[thread] = begun
		return nil
	}
	if strings.HasPrefix(rest, "<... ") {
		_, end, _ := strings.Cut(rest, " resumed>")
		rest = r.begun[thread] + end
	}
	name, args, _ := strings.Cut(rest, "(")
	i := strings.LastIndex(args, " = ")
	if i < 0 {
		return nil // a process that ended
	}
	var result int64
	if n, _ := fmt.Sscan(args[i+len(" = "):], &result); n == 0 || result < 0 {
		return nil // the call failed, or the process ended in it
	}
	return r.call(name, strings.TrimSuffix(strings.TrimRight(args[:i], " "), ")"), result)
}

// call notes a call that succeeded. Its first argument may be a file, written 3<path>; the first that
// is in quotes is a path or what is written.
func (r *reader) call(name, args string, result int64) error {
	var path string
	var data []byte
	if number, rest, ok := strings.Cut(args, "<"); ok && !strings.ContainsAny(number, `", `) {
		path, args, _ = strings.Cut(rest, ">")
		path = string(unhex(path))
	}
	if _, rest, ok := strings.Cut(args, `"`); ok {
		text, after, _ := strings.Cut(rest, `"`)
		data, args = unhex(text), after
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
		return r.opened(suffix, args)
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

func (r *reader) opened(suffix, flags string) error {
	if strings.Contains(flags, "O_TRUNC") {
		return errors.New("O_TRUNC is not understood")
	}
	if strings.Contains(flags, "O_CREAT") && !r.present[suffix] {
		r.present[suffix] = true
		r.calls = append(r.calls, call{kind: create, suffix: suffix})
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
