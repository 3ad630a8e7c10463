package receive

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// smallBody is the size up to which a body needs no place: as many as there are connections
// ([MaxConnections]) fit into memory, and the usual event is smaller. So neither a crowd of large bodies nor
// of slow ones keeps it out.
const smallBody = 16 << 10

// places bounds the large bodies that are read and committed at once.
type places struct {
	free chan struct{}
	wait time.Duration // for one, before the sender is asked to come back
}

func newPlaces(n int, wait time.Duration) places {
	return places{make(chan struct{}, n), wait}
}

// take gives a function that leaves the place, or false where none became free. A length of -1 is
// one that the sender did not tell.
func (p places) take(length int64) (leave func(), ok bool) {
	if length >= 0 && length <= smallBody {
		return func() {}, true
	}
	leave = func() { <-p.free }
	select {
	case p.free <- struct{}{}:
		return leave, true
	default:
	}
	limit := time.NewTimer(p.wait)
	defer limit.Stop()
	select {
	case p.free <- struct{}{}:
		return leave, true
	case <-limit.C:
		return nil, false
	}
}

// read reads a whole body. The room for it is made at once where its length is known: a buffer that
// grows leaves a multiple of it to the garbage collector.
func read(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(r.ContentLength) + bytes.MinRead) // at most the cap, see acceptable
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, most))
	return body.Bytes(), err
}

// skip reads a body that nothing is done with, so that a sender who does not listen while it sends
// gets our answer and not a broken connection.
func skip(w http.ResponseWriter, r *http.Request, most int64) {
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, most)) // it was refused already
}
