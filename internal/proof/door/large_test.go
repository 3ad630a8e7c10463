package door

import (
	"bytes"
	"fmt"
	"strings"

	"ticketd/internal/proof/program"
)

const (
	mebibyte = 1 << 20
	own      = 512 // of a large body that is not shared with others
)

// largeBodies gives bodies of exactly 1 MiB, each another, in two parts: of those that are no JSON,
// those that are much work to decode, and those that are a whole event with a long text. What they
// share is in memory once: the senders must not starve the process that they are to prove something of.
func largeBodies() func(i int) [][]byte {
	junk := bytes.Repeat([]byte("x"), mebibyte-own)
	array := []byte(strings.Repeat("{},", (mebibyte-own)/3-2) + "{}]}")
	array = append(array, bytes.Repeat([]byte(" "), mebibyte-own-len(array))...)
	text := append(bytes.Repeat([]byte("y"), mebibyte-own-2), `"}`...)
	return func(i int) [][]byte {
		switch i % 3 {
		case 0:
			return [][]byte{padded(fmt.Sprintf("%d is no JSON ", i)), junk}
		case 1:
			return [][]byte{padded(fmt.Sprintf(`{"time":%d,"event":[`, i)), array}
		default:
			whole := program.Opened(fmt.Sprintf("large-%d", i), int64(1_700_000_000+i))
			return [][]byte{padded(strings.TrimSuffix(string(whole), "}") + `,"text":"`), text}
		}
	}
}

func padded(s string) []byte { return []byte(s + strings.Repeat(" ", own-len(s))) }
