package githubtest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// rights is what GitHub tells of a credential.
type rights struct {
	classic     bool // the token is a classic one, with scopes
	scopes      []string
	expires     time.Time         // of the token; zero: it is not told
	permissions map[string]string // of the App
	suspended   bool              // the App's installation
	noReasons   bool              // the host keeps no reason of a closing
}

// tell writes what every answer tells in its header (docs: scopes for OAuth apps; token expiration).
func (r rights) tell(h http.Header) {
	if r.classic {
		h.Set("X-OAuth-Scopes", strings.Join(r.scopes, ", "))
	}
	if !r.expires.IsZero() {
		h.Set("GitHub-Authentication-Token-Expiration", r.expires.UTC().Format("2006-01-02 15:04:05 MST"))
	}
}

func (s *Server) set(do func(*rights)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(&s.rights)
}

// Classic makes the token a classic one with these scopes. It may do what it did before; the scopes
// are only told.
func (s *Server) Classic(scopes ...string) {
	s.set(func(r *rights) { r.classic, r.scopes = true, scopes })
}

// FineGrained makes the token a fine-grained one, of which GitHub tells no scopes; it is one at first.
func (s *Server) FineGrained() { s.set(func(r *rights) { r.classic = false }) }

// Expire tells when the token expires; it stays accepted.
func (s *Server) Expire(at time.Time) { s.set(func(r *rights) { r.expires = at }) }

// Permit changes what the App may do, by the names of GitHub's permissions.
func (s *Server) Permit(permissions map[string]string) {
	s.set(func(r *rights) { r.permissions = maps.Clone(permissions) })
}

// Suspend suspends the App's installation.
func (s *Server) Suspend() { s.set(func(r *rights) { r.suspended = true }) }

// WithoutReasons makes the host one that keeps no reason of a closing, as old Enterprise Servers.
func (s *Server) WithoutReasons() { s.set(func(r *rights) { r.noReasons = true }) }

// Uninstall takes the App out of a repository.
func (s *Server) Uninstall(name string) error {
	return s.change(name, func(r *repository) { r.without = true })
}

// Disable makes a repository one that GitHub has disabled.
func (s *Server) Disable(name string) error {
	return s.change(name, func(r *repository) { r.disabled = true })
}

// Publish makes a repository public.
func (s *Server) Publish(name string) error {
	return s.change(name, func(r *repository) { r.public = true })
}

// Administer makes the caller an administrator of a repository.
func (s *Server) Administer(name string) error {
	return s.change(name, func(r *repository) { r.admin = true })
}

// DefineLabel makes a label in a repository.
func (s *Server) DefineLabel(name, label string) error {
	return s.change(name, func(r *repository) { s.defineLabel(r, label) })
}

// AddMilestone makes a milestone and gives its number.
func (s *Server) AddMilestone(name, title string) (number int, err error) {
	err = s.change(name, func(r *repository) {
		number = len(r.milestones) + 1
		r.milestones = append(r.milestones, &milestone{id: s.id(), number: number, title: title})
	})
	return number, err
}

// CloseMilestone closes one.
func (s *Server) CloseMilestone(name string, number int) error {
	missing := false
	err := s.change(name, func(r *repository) {
		if m := r.milestone(number); m != nil {
			m.closed = true
		} else {
			missing = true
		}
	})
	if missing {
		return fmt.Errorf("there is no milestone %d in %s", number, name)
	}
	return err
}
