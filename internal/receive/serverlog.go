package receive

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// handshake is what a TLS handshake that failed is counted under; it never came to be a request.
const handshake Outcome = "tls_handshake"

// serverLog takes what net/http says. Of handshakes that fail, which strangers can do as often as they
// like, it tells as sparingly as of refused requests.
type serverLog struct {
	slog.Handler

	quiet *quiet
}

func newServerLog(log *slog.Logger) serverLog {
	return serverLog{log.Handler(), newQuiet(log, time.Now)}
}

// Handle writes a line, or leaves it out.
func (s serverLog) Handle(ctx context.Context, r slog.Record) error {
	told, ok := strings.CutPrefix(r.Message, "http: TLS handshake error from ")
	if !ok {
		return s.Handler.Handle(ctx, r)
	}
	remote, why, _ := strings.Cut(told, ": ")
	s.quiet.failed(remote, why)
	return nil
}
