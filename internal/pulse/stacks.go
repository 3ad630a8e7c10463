package pulse

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// stack is what the runtime keeps of one.
type stack = [len(runtime.StackRecord{}.Stack0)]uintptr

// Stacks tells what every goroutine of the process is at, in at most limit bytes. Those with the same stack
// are told together and the rarest come first: a loop that hangs is the only one of its kind, while a crowd
// of requests is not.
//
// It holds names of functions and numbers of lines, and no value of a variable, so no secret can be in it.
func Stacks(limit int) string {
	counts := make(map[stack]int)
	for _, record := range goroutines() {
		counts[record.Stack0]++
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b stack) int {
		return cmp.Or(cmp.Compare(counts[a], counts[b]), slices.Compare(a[:], b[:]))
	})
	var out strings.Builder
	for _, kind := range kinds {
		writeStack(&out, kind, counts[kind])
		if out.Len() > limit {
			return out.String()[:limit]
		}
	}
	return out.String()
}

// goroutines gives the stack of every goroutine.
func goroutines() []runtime.StackRecord {
	for room := runtime.NumGoroutine(); ; room *= 2 {
		records := make([]runtime.StackRecord, room+16) // some may be made meanwhile
		if n, ok := runtime.GoroutineProfile(records); ok {
			return records[:n]
		}
	}
}

func writeStack(out *strings.Builder, kind stack, count int) {
	fmt.Fprintf(out, "%d at\n", count)
	used := slices.Index(kind[:], 0)
	if used < 0 {
		used = len(kind)
	}
	frames := runtime.CallersFrames(kind[:used])
	for more := used > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Fprintf(out, "  %s %s:%d\n", f.Function, filepath.Base(f.File), f.Line)
	}
}
