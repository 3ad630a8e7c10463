package jira

import (
	"strings"
	"time"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// The rate limits of Jira. Requests are those of an endpoint, or of a person on Data Center; points are
// the hourly quota of an app on Cloud, which API tokens do not have (facts: jira.md section 5).
const (
	quotaRequests = "requests"
	quotaPoints   = "points"
)

// QuotaResources lists the names of the rate limits that [Options].Quota is told of.
func QuotaResources() []string { return []string{quotaRequests, quotaPoints} }

// observe tells what an answer says of the quotas.
func (t *Tracker) observe(_ string, x *outbound.Exchange) {
	if t.o.Quota == nil {
		return
	}
	if q, told := x.Quota(); told {
		q.Resource = quotaRequests
		var ok bool
		if q.Reset, ok = resetOf(x); !ok {
			q.Reset = filledUp(x, q, t.o.Now())
		}
		t.o.Quota(q)
	}
	if q, told := pointsOf(x, t.o.Now()); told {
		t.o.Quota(q)
	}
}

// resetOf reads X-RateLimit-Reset: ISO 8601, with or without seconds.
func resetOf(x *outbound.Exchange) (time.Time, bool) {
	reset := x.Header.Get("X-RateLimit-Reset")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, reset); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// filledUp gives when a bucket of Data Center is full again, which gets so many tokens in each interval;
// zero where that is not told, or it is full.
func filledUp(x *outbound.Exchange, q ticket.Quota, local time.Time) time.Time {
	interval, timed := outbound.Count(x.Header.Get("X-RateLimit-Interval-Seconds"))
	tokens, filled := outbound.Count(x.Header.Get("X-RateLimit-FillRate"))
	missing := q.Limit - q.Remaining
	if !timed || !filled || tokens == 0 || missing <= 0 {
		return time.Time{}
	}
	rounds := (missing-1)/tokens + 1
	if rounds > maxWindow || interval > maxWindow || rounds*interval > maxWindow {
		return time.Time{}
	}
	return x.Now(local).Add(time.Duration(rounds*interval) * time.Second).UTC()
}

// maxWindow is more than any window of a quota, in seconds.
const maxWindow = 7 * 24 * 3600

// pointsOf reads the quota of points, which Jira Cloud tells as the draft of RFC "RateLimit header fields
// for HTTP" has it: `Beta-RateLimit: "tenant-app-quota";r=17842;t=2107` and
// `Beta-RateLimit-Policy: "tenant-app-quota";q=65000;w=3600`.
func pointsOf(x *outbound.Exchange, local time.Time) (ticket.Quota, bool) {
	q := ticket.Quota{Resource: quotaPoints}
	left, told := parameter(x.Header.Get("Beta-RateLimit"), "r")
	if !told {
		return q, false
	}
	q.Remaining = left
	q.Limit, _ = parameter(x.Header.Get("Beta-RateLimit-Policy"), "q")
	if seconds, ok := parameter(x.Header.Get("Beta-RateLimit"), "t"); ok && seconds <= maxWindow {
		q.Reset = x.Now(local).Add(time.Duration(seconds) * time.Second).UTC()
	}
	return q, true
}

// parameter reads a number among the parameters of the first item of a list.
func parameter(value, name string) (int64, bool) {
	item, _, _ := strings.Cut(value, ",")
	for part := range strings.SplitSeq(item, ";") {
		if key, number, ok := strings.Cut(strings.TrimSpace(part), "="); ok && key == name {
			return outbound.Count(number)
		}
	}
	return 0, false
}
