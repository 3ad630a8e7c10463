package program

import (
	"bytes"
	"context"
	"errors"
	"io"
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
	resp, err := client().Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Get asks the listener for health checks for a path and gives its answer.
func (s *Service) Get(path string) (status int, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.Admin()+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// client keeps no connection, which would outlive the test or be broken by a kill.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
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
