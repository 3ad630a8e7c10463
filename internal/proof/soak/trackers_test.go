package soak_test

import (
	"net/http"
	"time"

	"ticketd/internal/practice"
)

// wrong is the part of all calls that go wrong.
const wrong = 0.02

// ways are the ways in which a call goes wrong, with and without its effect.
func ways() []practice.Fault {
	return []practice.Fault{
		{Kind: practice.Cut},
		{Kind: practice.Cut, Effect: true},
		{Kind: practice.Slow, Delay: 300 * time.Millisecond},
		{Kind: practice.Slow, Delay: 300 * time.Millisecond, Effect: true},
		{Kind: practice.Status, Code: http.StatusInternalServerError},
		{Kind: practice.Status, Code: http.StatusBadGateway},
		{Kind: practice.Status, Code: http.StatusServiceUnavailable, Effect: true},
		{Kind: practice.Status, Code: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
		{Kind: practice.HTML, Code: http.StatusBadGateway, Effect: true},
	}
}
