package daemon

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// brokenSuffix is that of the file, beside the database, by which a process tells the next one that it
// ended because the store could not be trusted any more.
const brokenSuffix = ".broken"

// leaveWord writes that file: in the moment that is left to this process nobody asks for its metrics. The
// next one reads it from memory, so that it need not come to the disk, which is the one that failed.
func (d *Daemon) leaveWord(cause error) {
	word := fmt.Sprintf("%s %v\n", d.o.Now().UTC().Format(time.RFC3339), cause)
	if err := os.WriteFile(d.store.Path()+brokenSuffix, []byte(word), 0o600); err != nil {
		d.o.Logger.Warn("the next start will not tell that the store broke", "error", err)
	}
}

// lastBroken reads when that was; zero: never, or nobody can tell.
func lastBroken(database string) time.Time {
	word, err := os.ReadFile(database + brokenSuffix)
	if err != nil {
		return time.Time{}
	}
	at, _, _ := strings.Cut(string(word), " ")
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return time.Time{}
	}
	return t
}

// broke gives when the store could not be trusted any more, in this process or the last one over which
// that came; zero: never.
func (d *Daemon) broke() time.Time {
	if d.store.Trouble() != nil {
		return d.o.Now()
	}
	return d.brokeBefore
}
