package jira

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

// user is a person or account in an answer. Cloud names it by accountId, Data Center by key and
// name.
type user struct {
	AccountID    string `json:"accountId"`
	Key          string `json:"key"`
	Name         string `json:"name"`
	DisplayName  string `json:"displayName"`
	EmailAddress string `json:"emailAddress"`
}

func (u user) id() string {
	for _, id := range []string{u.AccountID, u.Key, u.Name} {
		if id != "" {
			return id
		}
	}
	return ""
}

// named tells whether an id, key or user name is this account's. Display names do not count:
// anybody can choose one.
func (u user) named(name string) bool {
	return name != "" && slices.Contains([]string{u.AccountID, u.Key, u.Name}, name)
}

// cloud tells whether the site is a Cloud site, asking it once per process where the configuration
// does not say.
func (t *Tracker) cloud(ctx context.Context) (bool, error) {
	t.mu.Lock()
	known := t.deployment
	t.mu.Unlock()
	if known == "" {
		var err error
		if known, _, err = t.serverInfo(ctx); err != nil {
			return false, err
		}
		t.mu.Lock()
		t.deployment = known
		t.mu.Unlock()
		t.log.Info("jira deployment detected", "deployment", known)
	}
	return known == Cloud, nil
}

// serverInfo asks the site what it is. Version 2 of the API is there on every site.
func (t *Tracker) serverInfo(ctx context.Context) (deployment, version string, err error) {
	var info struct {
		DeploymentType string `json:"deploymentType"`
		Version        string `json:"version"`
	}
	r := request{op: "serverInfo", method: http.MethodGet, path: "rest/api/2/serverInfo"}
	if err := t.do(ctx, r, &info); err != nil {
		return "", "", wholeSite(err)
	}
	switch strings.ToLower(info.DeploymentType) {
	case "cloud":
		return Cloud, info.Version, nil
	case "server":
		return DataCenter, info.Version, nil
	}
	return "", "", &ticket.Error{Decision: ticket.HoldTracker, Op: r.op, Message: "the server does not say what Jira it is",
		Hint: "set deployment = \"cloud\" or \"datacenter\" for this tracker, and check its url"}
}

// api gives the path of a call: version 3 on Cloud, 2 on Data Center. Parts must have been checked.
func (t *Tracker) api(ctx context.Context, parts ...string) (string, bool, error) {
	cloud, err := t.cloud(ctx)
	if err != nil {
		return "", false, err
	}
	version := "rest/api/2/"
	if cloud {
		version = "rest/api/3/"
	}
	return version + strings.Join(parts, "/"), cloud, nil
}

func (t *Tracker) identify(ctx context.Context) (user, error) {
	key := t.credential()
	path, _, err := t.api(ctx, "myself")
	if err != nil {
		return user{}, err
	}
	var me user
	r := request{op: "myself", method: http.MethodGet, path: path}
	if err := t.do(ctx, r, &me); err != nil {
		return user{}, wholeSite(err)
	}
	if me.id() == "" {
		return user{}, &ticket.Error{Decision: ticket.HoldTracker, Op: r.op, Message: "the server does not know whose credential this is", Hint: hintCredential}
	}
	if want := t.o.Identity; want != "" && !me.named(want) && !strings.EqualFold(me.EmailAddress, want) {
		return user{}, &ticket.Error{Decision: ticket.HoldTracker, Op: r.op, Message: "the credential belongs to another account than the configured one",
			Hint: "correct the token or the identity of this tracker; the credential belongs to " + me.id()}
	}
	t.mu.Lock()
	t.accounts[key] = me
	t.mu.Unlock()
	return me, nil
}

// wholeSite turns a refusal that names a path of the whole site into one of the tracker: there is
// no project whose permissions could mend it.
func wholeSite(err error) error {
	return amend(err, func(e *ticket.Error) {
		if e.Decision == ticket.HoldDestination || e.Decision == ticket.HoldTicket {
			e.Decision = ticket.HoldTracker
			e.Hint = "check the url of this tracker; " + hintCredential
		}
	})
}

// credential names the present credential: a rotated one may belong to another account, and what it
// creates must be recognised.
func (t *Tracker) credential() string {
	email, token, err := t.o.Credential()
	if err != nil {
		return "" // the call tells it
	}
	return email + "\x00" + token
}

// ours gives the test whether an account is our own, one that was in this process, or one listed as
// also ours.
func (t *Tracker) ours(ctx context.Context) (func(user) bool, error) {
	key := t.credential()
	t.mu.Lock()
	_, known := t.accounts[key]
	t.mu.Unlock()
	if !known {
		if _, err := t.identify(ctx); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	names := slices.Clone(t.o.AlsoOurs)
	for _, a := range t.accounts {
		names = append(names, a.AccountID, a.Key, a.Name)
	}
	t.mu.Unlock()
	return func(u user) bool { return slices.ContainsFunc(names, u.named) }, nil
}

// gate says why nothing may be concluded from an empty answer about a project: the credential is
// refused, or the project is out of sight. nil means that what is not seen is not there for us.
func (t *Tracker) gate(ctx context.Context, op, project string) error {
	if _, err := t.identify(ctx); err != nil {
		return err
	}
	if !reProject.MatchString(project) {
		return malformed(op, "project key")
	}
	path, _, err := t.api(ctx, "project", project)
	if err != nil {
		return err
	}
	var seen struct {
		Key      string `json:"key"`
		Archived bool   `json:"archived"`
	}
	if err := t.do(ctx, request{op: "project", method: http.MethodGet, path: path}, &seen); err != nil {
		return amend(err, func(e *ticket.Error) {
			if e.Decision == ticket.HoldDestination {
				e.Hint = hintProject
			}
		})
	}
	if seen.Archived {
		return &ticket.Error{Decision: ticket.HoldDestination, Op: "project", Message: "project " + project + " is archived", Hint: hintArchived}
	}
	return t.mayBrowse(ctx, project)
}

func (t *Tracker) mayBrowse(ctx context.Context, project string) error {
	const browse = "BROWSE_PROJECTS"
	have, err := t.myPermissions(ctx, project, []permission{{key: browse}})
	if err != nil {
		return err
	}
	if !have[browse] {
		return &ticket.Error{Decision: ticket.HoldDestination, Op: "permissions", Message: "the account may not browse project " + project, Hint: hintProject}
	}
	return nil
}
