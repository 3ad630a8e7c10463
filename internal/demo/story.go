package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"ticketd/internal/datatheorem/samples"
)

// errStory says that a part of the story did not come true.
var errStory = errors.New("this did not come true")

// part is one event of the story.
type part struct {
	text  string // what happens in Data Theorem
	body  []byte
	until string // message of the daemon's log that ends the part
	truth func(*stage) bool
}

// The UUIDs of the samples, and those of the findings that the story adds.
const (
	violation      = "924f1fb0-ebaa-4dfd-9297-390c0df18b44"
	otherViolation = "3c2a7a10-5b1d-4c8e-9a47-1f0c2d9e6b01"
	target         = "6f1c5a0e-0000-4000-8000-000000000001"
	otherTarget    = "6f1c5a0e-0000-4000-8000-000000000002"
)

func sample(name string) []byte { return samples.Body(name) }

// variant is a sample about another finding.
func variant(name, from, to string) []byte {
	return bytes.ReplaceAll(samples.Body(name), []byte(from), []byte(to))
}

func story() []part {
	const (
		opened    = "API_SECURE__POLICY_VIOLATION_OPENED"
		resolved  = "API_SECURE__POLICY_VIOLATION_RESOLVED"
		wontFix   = "API_SECURE__POLICY_VIOLATION_WONT_FIX"
		created   = "MOBILE_SECURE__FINDING_TARGET_CREATED"
		fixed     = "MOBILE_SECURE__FINDING_TARGET_FIXED"
		accepted  = "MOBILE_SECURE__FINDING_TARGET_RISK_ACCEPTED"
		noteMade  = "MOBILE_SECURE__FINDING_NOTE_CREATED"
		noteTaken = "MOBILE_SECURE__FINDING_NOTE_DELETED"
	)
	return []part{
		{"Somebody tests the webhook with the line of Data Theorem's guide.", sample("SETUP_PROBE"), "event probe", noTicket},
		{"A policy violation opens.", sample(opened), "issue created", jiraIs(1, "To Do")},
		{"A mobile finding target opens.", sample(created), "issue created", githubIs(1, "open")},
		{"A person writes a note on the finding.", sample(noteMade), "comment posted", githubComments(1, 1)},
		{"The note is deleted again.", sample(noteTaken), "comment deleted", githubComments(1, 0)},
		{"A scan finds the target fixed.", sample(fixed), "issue state set", githubIs(1, "closed completed")},
		{"The violation is resolved (Data Theorem's own sample, byte for byte).", sample(resolved), "issue state set", jiraIs(1, "Done Done")},
		{"Another target opens …", variant(created, target, otherTarget), "issue created", githubIs(2, "open")},
		{"… and its risk is accepted.", variant(accepted, target, otherTarget), "issue state set", githubIs(2, "closed not_planned")},
		{"Another violation opens …", variant(opened, violation, otherViolation), "issue created", jiraIs(2, "To Do")},
		{"… and will not be fixed.", variant(wontFix, violation, otherViolation), "issue state set", jiraIs(2, "Done Won't Do")},
		{"The first violation opens again.", variant(opened, "1611058000", "1612000000"), "comment posted", jiraIs(1, "To Do")},
	}
}

func noTicket(s *stage) bool { return len(s.jira.Issues())+len(s.github.Issues()) == 0 }

// jiraIs tells whether issue n of the practice Jira has a status and resolution.
func jiraIs(n int, want string) func(*stage) bool {
	return func(s *stage) bool {
		i, ok := s.jira.Issue(fmt.Sprint("SEC-", n))
		return ok && strings.TrimSpace(i.Status+" "+i.Resolution) == want
	}
}

// githubIs tells whether issue n of the practice GitHub has a state and reason.
func githubIs(n int, want string) func(*stage) bool {
	return func(s *stage) bool {
		for _, i := range s.github.Issues() {
			if i.Number == n {
				return strings.TrimSpace(i.State+" "+i.StateReason) == want
			}
		}
		return false
	}
}

func githubComments(n, want int) func(*stage) bool {
	return func(s *stage) bool {
		for _, i := range s.github.Issues() {
			if i.Number == n {
				return len(i.Comments) == want
			}
		}
		return false
	}
}

// play sends each event and waits for what it leads to.
func (s *stage) play(ctx context.Context) error {
	s.say("ticketd runs between two practice trackers: a Jira (project SEC) and a GitHub (%s).\n"+
		"Every event below goes through the real webhook, the real store and the real Jira and GitHub clients.", repository)
	parts := story()
	for n, p := range parts {
		s.say("\n%2d. %s", n+1, p.text)
		if err := s.perform(ctx, p); err != nil {
			return fmt.Errorf("part %d of the story, %q: %w", n+1, p.text, err)
		}
	}
	s.say("\nAll %d parts came true.", len(parts))
	return nil
}

func (s *stage) perform(ctx context.Context, p part) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	status, err := s.post(ctx, p.body)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%w: the webhook answered %d", errStory, status)
	}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w within %s", errStory, s.patience)
		case r := <-s.happened:
			s.tell(r)
			if r.Message != p.until {
				continue
			}
			if !p.truth(s) {
				return fmt.Errorf("%w: the tracker shows something else", errStory)
			}
			return nil
		}
	}
}

func (s *stage) post(ctx context.Context, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.webhook(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}
