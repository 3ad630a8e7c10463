package receive

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	readTimeout = 15 * time.Second // for a request, header and body
	lastWords   = 2 * time.Second  // for the rest of a request that was refused
)

// Server makes the HTTP server for a listener that strangers can reach: every time-out is set, and
// HTTP/2 is spoken over TLS only (GO-2026-6089: with h2c the time-outs did not hold). The caller
// serves and shuts it down.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       readTimeout,
		WriteTimeout:      40 * time.Second, // counts from the header: 5 s of waiting, 15 s of body, 10 s of commit, the answer
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(newServerLog(log), slog.LevelWarn),
		Protocols:         protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 64,
			// The defaults are a megabyte each, which a stranger could take on every connection: of a frame by
			// no more than saying how long it will be.
			MaxReadFrameSize:              16 << 10,
			MaxReceiveBufferPerConnection: 128 << 10,
			MaxReceiveBufferPerStream:     64 << 10,
		},
		DisableGeneralOptionsHandler: true,
	}
}
