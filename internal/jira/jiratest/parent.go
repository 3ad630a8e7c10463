package jiratest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// AddParent puts an issue with a key into its project, made if there is none, that issues of a type
// may have as their parent: an epic, or a task for sub-tasks. One that is there stays as it is.
func (s *Server) AddParent(key, of string) error {
	project, digits, _ := strings.Cut(key, "-")
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || project == "" {
		return fmt.Errorf("%q is no key of an issue", key)
	}
	s.mu.Lock()
	p, known := s.projects[project]
	s.mu.Unlock()
	if !known {
		s.AddProject(Project{Key: project})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.find(key); taken {
		return nil
	}
	kind := "Epic"
	if known && p.level(of) < 0 {
		kind = "Task"
	}
	id := int64(1 + len(s.issues)) // far below those of issues that are made
	s.issues[id] = &issue{id: id, Issue: Issue{ID: itoa(id), Key: key, Project: project, IssueType: kind, Summary: kind,
		Status: s.projects[project].Workflow.Statuses[0].Name, Category: "new", Creator: person(), Created: s.o.Now(), Updated: s.o.Now(),
		Fields: map[string]any{}, Properties: map[string]json.RawMessage{}}}
	s.numbers[project] = max(s.numbers[project], number)
	return nil
}
