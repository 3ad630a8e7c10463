package web

import (
	"net/http"
	"runtime"
	"runtime/metrics"
)

// runtime tells a proof what only the process itself knows: whether it keeps what it should let go.
func (o Options) runtime(w http.ResponseWriter, _ *http.Request) {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // as of the last collection
	metrics.Read(heap)
	o.answer(w, http.StatusOK, struct {
		Goroutines int    `json:"goroutines"`
		Heap       uint64 `json:"heap"`
	}{runtime.NumGoroutine(), heap[0].Value.Uint64()})
}
