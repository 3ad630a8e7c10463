package ticket

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of a pause that a tracker asks for, and what is assumed when it names none that makes
// sense (facts: reliability.md L2; GitHub asks for at least a minute).
const (
	MinPause     = time.Second
	MaxPause     = time.Hour
	DefaultPause = time.Minute
)

// Decide turns an HTTP status into a decision; it is the only such table. The adapters look at the
// body first where a tracker gives one status several meanings (GitHub's 403, 404 and 410, Jira's
// RateLimit-Reason) and come here for the rest.
//
// write says that the call could have an effect. A 2xx is not decided here.
func Decide(status int, write bool) Decision {
	switch {
	case status >= 300 && status < 400:
		return HoldDestination // never followed on a write: the address is wrong or moved
	case status == http.StatusUnauthorized, status == http.StatusProxyAuthRequired:
		return HoldTracker // the proxy's credential is the whole tracker's too
	case status == http.StatusForbidden, status == http.StatusUnsupportedMediaType,
		status == http.StatusUnavailableForLegalReasons, status == http.StatusMethodNotAllowed:
		return HoldDestination
	case status == http.StatusNotFound, status == http.StatusGone:
		return HoldDestination
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return Conflict
	case status == http.StatusTooManyRequests:
		return Pause
	case status == http.StatusRequestTimeout, status >= 500:
		if write {
			return Doubt // a proxy may time out after the effect
		}
		return Retry
	case status >= 400:
		return HoldTicket
	}
	if write {
		return Doubt // 1xx or worse: nothing that can be relied on
	}
	return Retry
}

// RetryAfter reads a Retry-After header: seconds or an HTTP date, clamped to [MinPause, MaxPause],
// a number too large for any integer included. What makes no sense (a sign, a fraction, garbage)
// counts as DefaultPause; an absent header gives 0.
func RetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(MaxPause/time.Second) { // err: more digits than a number holds
			return MaxPause
		}
		return max(MinPause, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return PauseUntil(at, now)
	}
	return DefaultPause
}

// PauseUntil gives the pause until a moment that a tracker names, clamped to [MinPause, MaxPause]: a
// tracker may name any moment that a number holds.
func PauseUntil(at, now time.Time) time.Duration {
	switch { // compared, not subtracted: a difference of centuries does not fit into a Duration
	case at.After(now.Add(MaxPause)):
		return MaxPause
	case at.Before(now.Add(MinPause)):
		return MinPause
	}
	return at.Sub(now)
}
