package receive

import (
	"io"
	"mime"
	"net/http"
	"strings"
)

// Outcome is what became of a request; also the label that it is counted under.
type Outcome string

// The outcomes.
const (
	Accepted     Outcome = "accepted"        // new, and on disk
	Repeated     Outcome = "repeated"        // the same bytes came before
	NotFound     Outcome = "not_found"       // an unknown path, or a wrong capability
	Unauthorized Outcome = "unauthorized"    // no token, a wrong or an expired one
	BadMethod    Outcome = "bad_method"      // anything but POST
	BadMedia     Outcome = "bad_media"       // another Content-Type, or a compressed body
	NoLength     Outcome = "length_required" // HTTP/1.0 without a length, which may have a body all the same
	TooLarge     Outcome = "too_large"       // a body over the cap
	Truncated    Outcome = "truncated"       // the body broke off
	TimedOut     Outcome = "timed_out"       // the body took too long
	Busy         Outcome = "busy"            // too many bodies at once
	StoreTrouble Outcome = "store_trouble"   // nothing was written, or nobody knows
	Panicked     Outcome = "panicked"        // a mistake of ours
)

// Outcomes gives what can become of a request that comes by a route.
func Outcomes(by Route) []Outcome {
	if by == RouteUnknown {
		return []Outcome{NotFound, Panicked}
	}
	all := []Outcome{
		Accepted, Repeated, BadMethod, BadMedia, NoLength, TooLarge, Truncated, TimedOut, Busy, StoreTrouble,
	}
	if by == RouteToken {
		all = append(all, Unauthorized)
	}
	return all
}

// Routes lists the ways by which a request can come to a handler with these options.
func (o Options) Routes() []Route {
	all := []Route{RouteUnknown}
	if o.Open {
		all = append(all, RouteOpen)
	}
	if len(o.Tokens) > 0 {
		all = append(all, RouteToken)
	}
	if len(o.Capabilities) > 0 {
		all = append(all, RouteCapability)
	}
	return all
}

// Kept tells whether the body is on disk.
func (o Outcome) Kept() bool { return o == Accepted || o == Repeated }

// strange tells whether no credential was shown. The connection is not kept then: as many as there may
// be ([MaxConnections]), each asking for nothing once a minute, would shut everybody else out.
func (o Outcome) strange() bool { return o == NotFound || o == Unauthorized }

// passing tells whether the sender should try again.
func (o Outcome) passing() bool { return o == Busy || o == StoreTrouble }

func (o Outcome) status() int {
	switch o {
	case Accepted, Repeated:
		return http.StatusOK
	case NotFound:
		return http.StatusNotFound
	case Unauthorized:
		return http.StatusUnauthorized
	case BadMethod:
		return http.StatusMethodNotAllowed
	case BadMedia:
		return http.StatusUnsupportedMediaType
	case NoLength:
		return http.StatusLengthRequired
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case Truncated:
		return http.StatusBadRequest
	case TimedOut:
		return http.StatusRequestTimeout
	case Busy, StoreTrouble:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// write answers with a body that depends on nothing but the outcome, so that it tells a stranger
// nothing.
func (o Outcome) write(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	if o == Unauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	if o == BadMethod {
		header.Set("Allow", http.MethodPost)
	}
	w.WriteHeader(o.status())
	// A sender that is gone by now sends again and is told "repeated".
	_, _ = io.WriteString(w, `{"status":"`+string(o)+`"}`+"\n")
}

// acceptable looks at all that can be told before the body is read; "" means go on.
func acceptable(r *http.Request, maxBody int64) Outcome {
	switch {
	case r.Method != http.MethodPost:
		return BadMethod
	case !plain(r.Header["Content-Encoding"]), !isJSON(r.Header["Content-Type"]):
		return BadMedia
	case !r.ProtoAtLeast(1, 1) && len(r.Header["Content-Length"]) == 0:
		// net/http ignores and removes the Transfer-Encoding of HTTP/1.0 and takes the body for empty: to
		// accept that would be to acknowledge what was not read.
		return NoLength
	case r.ContentLength > maxBody:
		return TooLarge
	default:
		return ""
	}
}

// plain tells whether the body is not compressed: nothing is unpacked here, so nothing can explode.
func plain(encodings []string) bool {
	for _, e := range encodings {
		if e != "" && !strings.EqualFold(e, "identity") {
			return false
		}
	}
	return true
}

// isJSON tells whether the content type is JSON, or missing as in a bare curl call.
func isJSON(types []string) bool {
	if len(types) == 0 || len(types) == 1 && types[0] == "" {
		return true
	}
	if len(types) > 1 {
		return false
	}
	media, params, err := mime.ParseMediaType(types[0])
	delete(params, "charset")
	return err == nil && media == "application/json" && len(params) == 0
}
