package program

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Post posts a body with the service's token on a connection of its own and gives the status of the
// answer. An error means that there was none.
func (s *Service) Post(ctx context.Context, body []byte) (status int, err error) {
	return Post(ctx, s.Webhook(), body)
}

// Post posts a body with [Token] to a webhook.
func Post(ctx context.Context, webhook string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, webhook, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Opened is the body of an event that opens a finding: of the product Mobile Secure, a target of its
// own parent.
func Opened(finding string, at int64) []byte { return status(finding, "CREATED", at) }

// Fixed is the body of an event that closes a finding.
func Fixed(finding string, at int64) []byte { return status(finding, "FIXED", at) }

func status(finding, verb string, at int64) []byte {
	return fmt.Appendf(nil, `{"event":{"type":"MOBILE_SECURE__FINDING_TARGET_%s","data":{"id":%q,"security_finding_id":%q},"version":1},"time":%d}`,
		verb, finding, "parent-of-"+finding, at)
}

// Eventually waits for something to become true, for at most a minute; how long it takes is not the
// question.
func Eventually(t testing.TB, what string, truth func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !truth() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it did not come true that %s", what)
		}
	}
}
