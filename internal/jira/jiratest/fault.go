package jiratest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"ticketd/internal/practice"
)

type (
	// Kind is a way to fail.
	Kind = practice.Kind
	// Fault makes calls fail.
	Fault = practice.Fault
	// Effect is one thing that a call really did.
	Effect = practice.Effect
)

// The ways to fail. Answer is an error of Jira's form; Slow is carried out at once with Effect, else
// after the Delay.
const (
	Cut            = practice.Cut
	Late           = practice.Late
	Answer         = practice.Status
	HTML           = practice.HTML
	Empty          = practice.Empty
	Truncated      = practice.Truncated
	Short          = practice.Short
	Redirect       = practice.Redirect
	Slow           = practice.Slow
	Removed   Kind = "removed" // 410, as Cloud answers for its old search
)

func (s *Server) misbehave(w http.ResponseWriter, c *call, f *Fault, act func() reply) {
	var right reply
	switch {
	case f.Kind == Slow && f.Effect:
		if right = act(); practice.Wait(c.r, f.Delay) {
			write(w, right)
		}
		return
	case f.Kind == Slow:
		if practice.Wait(c.r, f.Delay) {
			write(w, act())
		}
		return
	case f.Kind == Late:
		time.AfterFunc(f.Delay, func() { act() })
	case f.Effect, f.Kind == Empty, f.Kind == Truncated, f.Kind == Short:
		right = act()
	}
	switch f.Kind {
	case Cut:
		practice.HangUp(w)
	case Late:
		page(w, http.StatusGatewayTimeout)
	case Answer:
		write(w, refusal(f))
	case HTML:
		page(w, f.Code)
	case Empty:
		write(w, reply{status: right.status})
	case Truncated, Short:
		half(w, right, f.Kind == Short)
	case Redirect:
		w.Header().Set("Location", f.Location)
		w.WriteHeader(http.StatusFound)
	case Removed:
		write(w, failure(http.StatusGone, removedWords))
	case Slow:
	}
}

const removedWords = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. " +
	"A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"

// refusal is what Jira says of a call that it does not carry out.
func refusal(f *Fault) reply {
	a := failure(f.Code, http.StatusText(f.Code))
	if f.Fields != nil {
		a = fieldFailure(f.Fields)
		a.status = f.Code
	}
	a.header = http.Header{}
	for name, value := range f.Header {
		a.header.Set(name, value)
	}
	return a
}

// page is what a proxy or a login screen answers.
func page(w http.ResponseWriter, code int) {
	if code == 0 {
		code = http.StatusOK
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte("<!DOCTYPE html><title>Jira</title><p>Please wait.</p>")) // as in write
}

// half sends the first half of an answer; announced says whether the length of all of it was
// promised.
func half(w http.ResponseWriter, a reply, announced bool) {
	raw, err := json.Marshal(a.body)
	if err != nil {
		raw = nil
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if announced {
		w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(raw[:len(raw)/2]) // as in write
}
