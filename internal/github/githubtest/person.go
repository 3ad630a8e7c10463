package githubtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AddRepository makes a repository, named owner/repo, that the accounts may write to. A name that is
// taken stays as it is.
func (s *Server) AddRepository(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, renamed := s.find(name); r != nil && !renamed {
		return
	}
	s.repos = append(s.repos, &repository{id: s.id(), name: name, created: s.now(), people: make(map[string]bool),
		labels: make(map[string]label), issues: make(map[int]*issue), deleted: make(map[int]bool), moved: make(map[int]*issue)})
}

// change changes a repository, named owner/repo.
func (s *Server) change(name string, do func(*repository)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.find(name)
	if r == nil {
		return fmt.Errorf("there is no repository %s", name)
	}
	do(r)
	return nil
}

// on changes an issue, named owner/repo#number.
func (s *Server) on(key string, do func(*issue)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, digits, _ := strings.Cut(key, "#")
	n, err := strconv.Atoi(digits)
	r, _ := s.find(name)
	if err != nil || r == nil || r.issues[n] == nil {
		return fmt.Errorf("there is no issue %s", key)
	}
	i := r.issues[n]
	do(i)
	i.updated = s.now()
	return nil
}

// Archive makes a repository read-only.
func (s *Server) Archive(name string) error {
	return s.change(name, func(r *repository) { r.archived = true })
}

// DisableIssues switches a repository's issues off.
func (s *Server) DisableIssues(name string) error {
	return s.change(name, func(r *repository) { r.noIssues = true })
}

// Hide takes a repository out of the caller's sight: every answer is 404.
func (s *Server) Hide(name string) error {
	return s.change(name, func(r *repository) { r.hidden = true })
}

// DropDecorations takes the caller's push access: labels and assignees are silently dropped.
func (s *Server) DropDecorations(name string) error {
	return s.change(name, func(r *repository) { r.readOnly = true })
}

// ForbidLabels takes the caller's right to make labels that do not exist yet.
func (s *Server) ForbidLabels(name string) error {
	return s.change(name, func(r *repository) { r.noLabels = true })
}

// AddPerson makes a login assignable in a repository.
func (s *Server) AddPerson(name, login string) error {
	return s.change(name, func(r *repository) { r.people[strings.ToLower(login)] = true })
}

// Rename gives a repository another name; the old one leads to it until another takes it.
func (s *Server) Rename(name, to string) error {
	return s.change(name, func(r *repository) { r.former, r.name = append(r.former, r.name), to })
}

// AddIssue writes an issue as some person and gives its key.
func (s *Server) AddIssue(name, author, title, body string) (key string, err error) {
	err = s.change(name, func(r *repository) { key = s.addIssue(r, author, title, body).key() })
	return key, err
}

// AddPull makes a pull request, which GitHub lists among the issues.
func (s *Server) AddPull(name, author, title, body string) error {
	return s.change(name, func(r *repository) { s.addIssue(r, author, title, body).pull = true })
}

// CloseByPerson closes an issue as a person, as completed.
func (s *Server) CloseByPerson(key string) error {
	return s.on(key, func(i *issue) { i.setState("closed", "", "a-person", s.now()) })
}

// ReopenByPerson opens an issue as a person.
func (s *Server) ReopenByPerson(key string) error {
	return s.on(key, func(i *issue) { i.setState("open", "", "a-person", s.now()) })
}

// DeleteIssue removes an issue for good.
func (s *Server) DeleteIssue(key string) error {
	return s.on(key, func(i *issue) {
		delete(i.repo.issues, i.number)
		i.repo.deleted[i.number] = true
	})
}

// EditBody changes the body of an issue, with the line ends of a browser.
func (s *Server) EditBody(key string, edit func(body string) string) error {
	return s.on(key, func(i *issue) {
		i.body = strings.ReplaceAll(strings.ReplaceAll(edit(i.body), "\r\n", "\n"), "\n", "\r\n")
	})
}

// AddLabel puts a label on an issue as a person.
func (s *Server) AddLabel(key, label string) error {
	return s.on(key, func(i *issue) { s.label(i, label) })
}

// RemoveLabel takes one off.
func (s *Server) RemoveLabel(key, label string) error {
	return s.on(key, func(i *issue) {
		i.labels = slices.DeleteFunc(i.labels, func(l string) bool { return strings.EqualFold(l, label) })
	})
}

// LockIssue locks the conversation.
func (s *Server) LockIssue(key string) error {
	return s.on(key, func(i *issue) { i.locked = true })
}

// CommentByPerson writes a comment as a person.
func (s *Server) CommentByPerson(key, login, body string) error {
	return s.on(key, func(i *issue) { i.comments = append(i.comments, &comment{s.id(), login, body, s.now()}) })
}

// Backdate makes an issue older.
func (s *Server) Backdate(key string, by time.Duration) error {
	return s.on(key, func(i *issue) { i.created = i.created.Add(-by) })
}

// Transfer moves an issue to another repository and gives its key there.
func (s *Server) Transfer(key, to string) (now string, err error) {
	s.AddRepository(to)
	err = s.on(key, func(i *issue) {
		target, _ := s.find(to)
		old, number := i.repo, i.number
		delete(old.issues, number)
		target.last++
		i.repo, i.number = target, target.last
		target.issues[i.number] = i
		old.moved[number] = i
		now = i.key()
	})
	return now, err
}

// RevokeTokens makes every installation token invalid before its time.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// SetToken changes the accepted token: what was right becomes wrong.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Token = token
}

// SetListLag changes how long new issues are not listed.
func (s *Server) SetListLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.ListLag = d
}
