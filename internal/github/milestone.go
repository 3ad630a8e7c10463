package github

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
)

// milestoneKeep is how long a repository's milestones are remembered: creating many issues must not
// cost two calls each, and a milestone that a person just made is soon taken up.
const milestoneKeep = 5 * time.Minute

// milestones are those of a repository as they were read.
type milestones struct {
	read time.Time
	list []*gh.Milestone // open ones first
	part bool            // there are more than were read
}

// milestone gives the number of a milestone that a rule names: the number itself, or that of the one
// with the title, open ones before closed ones. why says in words why there is none.
func (t *Tracker) milestone(ctx context.Context, p place, name string) (number int, why string, err error) {
	if n, err := strconv.Atoi(name); err == nil && n > 0 {
		return n, "", nil
	}
	all, err := t.milestonesOf(ctx, p)
	if err != nil {
		return 0, "", err
	}
	if m := all.find(name); m != nil {
		return m.GetNumber(), "", nil
	}
	return 0, "there is no milestone " + strconv.Quote(outbound.Printable(name, wordLimit)) + " in " + p.String(), nil
}

// milestonesOf gives the milestones of a repository, remembered ones where they are fresh.
func (t *Tracker) milestonesOf(ctx context.Context, p place) (milestones, error) {
	t.mu.Lock()
	known, ok := t.milestones[p]
	t.mu.Unlock()
	if ok && t.o.Now().Sub(known.read) < milestoneKeep {
		return known, nil
	}
	all, err := t.readMilestones(ctx, p)
	if err != nil {
		return milestones{}, err
	}
	t.mu.Lock()
	t.milestones[p] = all
	t.mu.Unlock()
	return all, nil
}

func (t *Tracker) readMilestones(ctx context.Context, p place) (milestones, error) {
	all := milestones{read: t.o.Now()}
	for _, state := range []string{"open", "closed"} {
		list, part, err := listed[gh.Milestone](ctx, t, p, "milestones", url.Values{"state": {state}})
		if err != nil {
			return milestones{}, err
		}
		all.list, all.part = append(all.list, list...), all.part || part
	}
	return all, nil
}

// find gives the milestone that a rule names, by its number where that is what the name is, else by its
// title; nil where there is none.
func (m milestones) find(name string) *gh.Milestone {
	number, err := strconv.Atoi(name)
	if err != nil || number <= 0 {
		return m.titled(name)
	}
	return m.which(func(one *gh.Milestone) bool { return one.GetNumber() == number })
}

// titled gives the milestone with a title.
func (m milestones) titled(title string) *gh.Milestone {
	return m.which(func(one *gh.Milestone) bool { return same(strings.TrimSpace(one.GetTitle()), strings.TrimSpace(title)) })
}

func (m milestones) which(is func(*gh.Milestone) bool) *gh.Milestone {
	i := slices.IndexFunc(m.list, is)
	if i < 0 {
		return nil
	}
	return m.list[i]
}

// listPages bounds a list of what a repository has beside its issues, of a hundred entries each.
const listPages = 10

// listed reads a list of a repository; part says that it is longer than what was read.
func listed[T any](ctx context.Context, t *Tracker, p place, what string, v url.Values) (all []*T, part bool, err error) {
	values := url.Values{"per_page": {strconv.Itoa(perPage)}}
	maps.Copy(values, v)
	for page := range listPages {
		values.Set("page", strconv.Itoa(page+1))
		var some []*T
		x, err := t.call(ctx, what, scope{place: p}, func(ctx context.Context, c *gh.Client) error {
			req, err := c.NewRequest(http.MethodGet, "repos/"+p.String()+"/"+what+"?"+values.Encode(), nil)
			if err != nil {
				return err
			}
			_, err = c.Do(ctx, req, &some)
			return err
		})
		if err != nil {
			return nil, false, t.renamed(ctx, p, x, err)
		}
		if !isList(x) {
			return nil, false, unusable(what, x, errors.New("the answer is no list"))
		}
		all = append(all, some...)
		if len(some) < perPage {
			return all, false, nil
		}
	}
	return all, true, nil
}
