package jiratest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// person is who acts in the methods of this file.
func person() User {
	return User{AccountID: "70121:person", Name: "pat", Key: "JIRAUSER10500", Display: "Pat Person", Email: "pat@example.com"}
}

// act lets a person do something to an issue, named by key or id.
func (s *Server) act(name string, do func(*issue, *Project) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.find(name)
	if !found {
		return fmt.Errorf("no issue %s", name)
	}
	if err := do(i, s.projects[i.Project]); err != nil {
		return err
	}
	i.Updated = s.o.Now()
	return nil
}

// MoveToStatus lets a person put an issue into a status of its workflow, whatever the transitions.
func (s *Server) MoveToStatus(name, status string) error {
	return s.act(name, func(i *issue, p *Project) error {
		if _, known := p.Workflow.status(status); !known {
			return fmt.Errorf("no status %q in project %s", status, p.Key)
		}
		s.arrive(i, p, status)
		return nil
	})
}

// CloseByPerson lets a person put an issue into the first status that is done.
func (s *Server) CloseByPerson(name string) error {
	return s.act(name, func(i *issue, p *Project) error {
		n := slices.IndexFunc(p.Workflow.Statuses, func(st Status) bool { return st.Category == "done" })
		if n < 0 {
			return fmt.Errorf("project %s has no status that is done", p.Key)
		}
		s.arrive(i, p, p.Workflow.Statuses[n].Name)
		i.Resolution = "Done"
		return nil
	})
}

// DeleteIssue lets a person delete an issue.
func (s *Server) DeleteIssue(name string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		delete(s.issues, i.id)
		return nil
	})
}

// EditDescription lets a person replace the whole description by plain text.
func (s *Server) EditDescription(name, text string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		i.Raw = s.plain(text)
		return nil
	})
}

// WriteAround lets a person write above and below what is there.
func (s *Server) WriteAround(name, above, below string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		if s.o.DataCenter {
			var text string
			if err := json.Unmarshal(i.Raw, &text); err != nil {
				return fmt.Errorf("reading the description: %w", err)
			}
			i.Raw = s.plain(strings.Join([]string{above, text, below}, "\n\n"))
			return nil
		}
		var docs [3]adfNode
		for n, raw := range []json.RawMessage{document(above), i.Raw, document(below)} {
			if err := json.Unmarshal(raw, &docs[n]); err != nil {
				return fmt.Errorf("reading the description: %w", err)
			}
		}
		whole := docs[1]
		whole.Content = slices.Concat(docs[0].Content, docs[1].Content, docs[2].Content)
		raw, err := json.Marshal(whole)
		if err != nil {
			return fmt.Errorf("writing the description: %w", err)
		}
		i.Raw = raw
		return nil
	})
}

// ReplaceInDescription lets a person change words inside the description.
func (s *Server) ReplaceInDescription(name, old, replacement string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		if !strings.Contains(string(i.Raw), old) {
			return fmt.Errorf("%q is not in the description of %s", old, i.Key)
		}
		i.Raw = json.RawMessage(strings.ReplaceAll(string(i.Raw), old, replacement))
		return nil
	})
}

func (s *Server) plain(text string) json.RawMessage {
	if !s.o.DataCenter {
		return document(text)
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return nil // cannot happen: a string
	}
	return raw
}

// MoveIssue lets a person move an issue to another project: it keeps its id and gets a new key.
func (s *Server) MoveIssue(name, project string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		p, known := s.projects[project]
		if !known {
			return fmt.Errorf("no project %s", project)
		}
		s.moved[i.Key] = i.id
		s.numbers[project]++
		i.Project, i.Key = project, project+"-"+itoa(s.numbers[project])
		if _, known := p.Workflow.status(i.Status); !known {
			s.arrive(i, p, p.Workflow.Statuses[0].Name)
		}
		return nil
	})
}

// CloneIssue lets a person copy an issue with its labels and properties, and gives the key of the
// copy: the same marker on an issue of somebody else.
func (s *Server) CloneIssue(name string) (string, error) {
	var key string
	err := s.act(name, func(i *issue, p *Project) error {
		clone := *i
		s.lastID++
		s.numbers[p.Key]++
		clone.id, clone.ID, clone.Key, clone.Creator, clone.Comments = s.lastID, itoa(s.lastID), p.Key+"-"+itoa(s.numbers[p.Key]), person(), nil
		s.issues[clone.id] = &clone
		key = clone.Key
		return nil
	})
	return key, err
}

// AddLabel lets a person add a label.
func (s *Server) AddLabel(name, label string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		if !slices.Contains(i.Labels, label) {
			i.Labels = append(slices.Clone(i.Labels), label)
		}
		return nil
	})
}

// RemoveLabel lets a person take a label off.
func (s *Server) RemoveLabel(name, label string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		i.Labels = slices.DeleteFunc(slices.Clone(i.Labels), func(l string) bool { return l == label })
		return nil
	})
}

// SetPriority lets a person choose a priority.
func (s *Server) SetPriority(name, priority string) error {
	return s.act(name, func(i *issue, _ *Project) error {
		i.Priority = priority
		return nil
	})
}

// CommentByPerson lets a person comment; properties are what a person could copy of ours.
func (s *Server) CommentByPerson(name, text string, properties map[string]json.RawMessage) error {
	return s.act(name, func(i *issue, _ *Project) error {
		s.lastID++
		i.Comments = append(slices.Clone(i.Comments), Comment{ID: itoa(s.lastID), Author: person(), Raw: s.plain(text), Properties: properties, Created: s.o.Now()})
		return nil
	})
}
