package receive

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const capabilityPrefix = "/hooks/"

// Credential is a secret that a sender may show. Only its digest is known here.
type Credential struct {
	Name     string    // for logs and `events show`
	SHA256   [32]byte  // of the secret
	NotAfter time.Time // zero: never expires
}

// Route is a way by which a request came; also the label that it is counted under.
type Route string

// The routes.
const (
	RouteToken      Route = "token"      // the one with a token
	RouteCapability Route = "capability" // a secret in the path
	RouteOpen       Route = "open"       // without authentication, see [Options].Open
	RouteUnknown    Route = "unknown"    // none of them
)

// caller is who posted, and by which route; both may be logged.
type caller struct {
	route  Route
	source string
}

// ErrNoCredential refuses a door that nobody could pass, or that would be open by mistake.
var ErrNoCredential = errors.New("no way to authenticate is configured")

func checkCredentials(o Options) error {
	all := append(append([]Credential(nil), o.Tokens...), o.Capabilities...)
	switch {
	case o.Open && len(all) > 0:
		return errors.New("open and credentials exclude each other")
	case !o.Open && len(all) == 0:
		return ErrNoCredential
	}
	for _, c := range all {
		if c.Name == "" {
			return errors.New("a credential has no name")
		}
		if c.SHA256 == [32]byte{} || c.SHA256 == sha256.Sum256(nil) {
			return fmt.Errorf("credential %q is empty", c.Name)
		}
	}
	return nil
}

// authenticate decides by path and header alone; outcome "" lets the request in. A wrong capability
// and an unknown path take the same way to the same answer.
func (h *Handler) authenticate(r *http.Request) (caller, Outcome) {
	if r.URL.Path == h.o.Path && (h.o.Open || len(h.o.Tokens) > 0) {
		return h.byToken(r)
	}
	secret, hooked := strings.CutPrefix(r.URL.Path, capabilityPrefix)
	name, ok := match(h.o.Capabilities, h.o.Now(), secret)
	if !hooked || !ok {
		return caller{route: RouteUnknown}, NotFound
	}
	return caller{route: RouteCapability, source: name}, ""
}

func (h *Handler) byToken(r *http.Request) (caller, Outcome) {
	if h.o.Open {
		return caller{route: RouteOpen, source: "open"}, ""
	}
	from := caller{route: RouteToken}
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return from, Unauthorized
	}
	// The portal asks for a header value and shows both "Bearer 123456abcde" and the bare token
	// (facts/datatheorem.md 5), so the word may be missing, or be there twice.
	whole := strings.TrimSpace(values[0])
	once := withoutBearer(whole)
	name, ok := match(h.o.Tokens, h.o.Now(), whole, once, withoutBearer(once))
	from.source = name
	if !ok {
		return from, Unauthorized
	}
	return from, ""
}

func withoutBearer(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest)
	}
	return value
}

// match compares every candidate with every credential, in a time that does not tell which of them
// came close. It names an expired credential and does not let it pass.
func match(credentials []Credential, now time.Time, candidates ...string) (string, bool) {
	found := -1
	for _, candidate := range candidates {
		digest := sha256.Sum256([]byte(candidate))
		for i := range credentials {
			equal := subtle.ConstantTimeCompare(digest[:], credentials[i].SHA256[:])
			found = subtle.ConstantTimeSelect(equal, i, found)
		}
	}
	if found < 0 {
		return "", false
	}
	c := credentials[found]
	return c.Name, c.NotAfter.IsZero() || !now.After(c.NotAfter)
}
