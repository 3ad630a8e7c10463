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
// HTTP/1.1 alone is spoken, by TLS too. With HTTP/2 what is sent ahead waits in our memory and not in the
// kernel: in the flood of internal/proof/door a thousand connections took 274 MiB in place of 124, and
// more than half of those with the token were answered 503, for which there was room otherwise. With h2c
// the time-outs did not hold (GO-2026-6089). Senders of webhooks gain nothing by it. The caller serves the
// server and shuts it down.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 40 * time.Second, // counts from the header: 5 s of waiting, 15 s of body, 10 s of commit, the answer
		IdleTimeout:                  60 * time.Second,
		MaxHeaderBytes:               16 << 10,
		ErrorLog:                     slog.NewLogLogger(newServerLog(log), slog.LevelWarn),
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true,
	}
}
