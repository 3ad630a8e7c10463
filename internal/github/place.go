package github

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// go-github pastes owner, repository and number into its URLs as they are, so that an owner named
// "o/../../orgs/x" would reach another endpoint with our credential (measured, facts: github.md 1.2).
var (
	ownerForm  = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})$`) // "_" in names of Enterprise Managed Users
	repoForm   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	numberForm = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)
	movedForm  = regexp.MustCompile(`^repositories/([1-9][0-9]{0,17})/issues/([1-9][0-9]{0,8})$`)
	renameForm = regexp.MustCompile(`^repositories/([1-9][0-9]{0,17})(?:/|$)`)
)

// place is a repository.
type place struct{ owner, repo string }

func (p place) String() string { return p.owner + "/" + p.repo }

// parsePlace reads "owner/repo".
func parsePlace(s string) (place, error) {
	owner, repo, _ := strings.Cut(s, "/")
	if !ownerForm.MatchString(owner) || !repoForm.MatchString(repo) || strings.Trim(repo, ".") == "" {
		return place{}, fmt.Errorf("%q is no GitHub repository in the form owner/repo", s)
	}
	return place{owner, repo}, nil
}

// parseNumber reads the number of an issue or a comment.
func parseNumber(s string) (int64, error) {
	if !numberForm.MatchString(s) {
		return 0, fmt.Errorf("%q is no number of an issue or comment", s)
	}
	return strconv.ParseInt(s, 10, 64)
}

// spot is an issue in a repository.
type spot struct {
	place
	number int
}

// spotOf reads a Ref. What it names is checked; it may come from a database that was edited.
func spotOf(op string, r ticket.Ref) (spot, error) {
	p, err := parsePlace(r.Project)
	if err != nil {
		return spot{}, invalid(op, err)
	}
	n, err := parseNumber(r.ID)
	if err != nil {
		return spot{}, invalid(op, err)
	}
	return spot{p, int(n)}, nil
}

// ref names an issue for the outside.
func (t *Tracker) ref(s spot) ticket.Ref {
	id := strconv.Itoa(s.number)
	return ticket.Ref{
		ID:      id,
		Key:     s.place.String() + "#" + id,
		Project: s.place.String(),
		URL:     t.o.Site.JoinPath(s.owner, s.repo, "issues", id).String(),
	}
}

// placeOf reads the repository that an issue says it is in.
func placeOf(i *gh.Issue) (place, error) {
	_, after, _ := strings.Cut(i.GetRepositoryURL(), "/repos/")
	return parsePlace(after)
}

// local gives the part of a Location that follows the API's own address; "" when it leads anywhere
// else.
func (t *Tracker) local(location string) string {
	u, err := t.api.Parse(location)
	if err != nil || u.Scheme != t.api.Scheme || u.Host != t.api.Host || u.User != nil {
		return ""
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), t.api.Path)
	if !ok {
		return ""
	}
	return path
}

// moved reads where the answer to a GET says that an issue went: the repository's id and the number
// there. Only our own API's /repositories/ID/issues/N counts.
func (t *Tracker) moved(location string) (repository int64, number int, ok bool) {
	m := movedForm.FindStringSubmatch(t.local(location))
	if m == nil {
		return 0, 0, false
	}
	repository, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, 0, false
	}
	number, err = strconv.Atoi(m[2])
	return repository, number, err == nil
}

// invalid is the refusal to make a call with a name that could lead elsewhere, or without a marker.
func invalid(op string, cause error) *ticket.Error {
	return &ticket.Error{Decision: ticket.HoldTicket, Op: op, Err: cause, Hint: "nothing was sent; a rule names a repository as owner/repo"}
}

// escaped makes a label fit for a path; go-github does not.
func escaped(label string) string { return url.PathEscape(label) }
