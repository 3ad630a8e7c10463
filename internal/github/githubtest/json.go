package githubtest

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// stamp writes a time as GitHub does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func node(id int64) string { return "N_" + strconv.FormatInt(id, 36) }

// links fills the addresses that GitHub's answers are full of.
func links(v map[string]any, base string, names ...string) map[string]any {
	for _, name := range names {
		v[name] = base + "/" + strings.TrimSuffix(name, "_url")
	}
	return v
}

func (s *Server) user(c call, login string) map[string]any {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	id, self := s.userID(login), c.base+"/users/"+url.PathEscape(login)
	return links(map[string]any{"login": login, "id": id, "node_id": node(id), "gravatar_id": "", "type": kind,
		"site_admin": false, "url": self, "html_url": c.site + "/" + url.PathEscape(login), "user_view_type": "public"},
		self, "avatar_url", "events_url", "followers_url", "following_url", "gists_url", "organizations_url",
		"received_events_url", "repos_url", "starred_url", "subscriptions_url")
}

// privateUser is what somebody sees of himself.
func (s *Server) privateUser(c call, login string) map[string]any {
	v := s.user(c, login)
	v["user_view_type"] = "private"
	for _, name := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		v[name] = nil
	}
	for _, name := range []string{"followers", "following", "public_gists", "public_repos", "collaborators", "disk_usage",
		"owned_private_repos", "private_gists", "total_private_repos"} {
		v[name] = 0
	}
	v["two_factor_authentication"] = true
	v["created_at"], v["updated_at"] = stamp(s.now()), stamp(s.now())
	return v
}

func (s *Server) repositoryJSON(c call, r *repository) map[string]any {
	owner, name, _ := strings.Cut(r.name, "/")
	self, site := c.base+"/repos/"+r.name, c.site+"/"+r.name
	v := links(map[string]any{"id": r.id, "node_id": node(r.id), "name": name, "full_name": r.name, "owner": s.user(c, owner),
		"url": self, "html_url": site, "clone_url": site + ".git", "git_url": site + ".git", "ssh_url": site + ".git", "svn_url": site,
		"private": !r.public, "fork": false, "archived": r.archived, "disabled": r.disabled, "description": nil, "homepage": nil,
		"language": nil, "license": nil, "mirror_url": nil, "default_branch": "main", "has_issues": !r.noIssues,
		"has_projects": true, "has_wiki": true, "has_pages": false, "has_discussions": false, "has_downloads": false,
		"created_at": stamp(r.created), "updated_at": stamp(r.created), "pushed_at": stamp(r.created)},
		self, "archive_url", "assignees_url", "blobs_url", "branches_url", "collaborators_url", "comments_url", "commits_url",
		"compare_url", "contents_url", "contributors_url", "deployments_url", "downloads_url", "events_url", "forks_url",
		"git_commits_url", "git_refs_url", "git_tags_url", "hooks_url", "issue_comment_url", "issue_events_url", "issues_url",
		"keys_url", "labels_url", "languages_url", "merges_url", "milestones_url", "notifications_url", "pulls_url",
		"releases_url", "stargazers_url", "statuses_url", "subscribers_url", "subscription_url", "tags_url", "teams_url", "trees_url")
	for _, name := range []string{"forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count",
		"watchers", "watchers_count", "network_count", "subscribers_count"} {
		v[name] = 0
	}
	if !strings.HasSuffix(c.login, "[bot]") {
		v["permissions"] = map[string]any{"admin": r.admin, "maintain": r.admin, "push": !r.readOnly && !r.noLabels,
			"triage": !r.readOnly, "pull": true}
	}
	return v
}

func (s *Server) issueJSON(c call, i *issue) map[string]any {
	repo := c.base + "/repos/" + i.repo.name
	number := strconv.Itoa(i.number)
	self := repo + "/issues/" + number
	v := map[string]any{"id": i.id, "node_id": node(i.id), "number": i.number, "title": i.title, "body": i.body,
		"state": i.state, "state_reason": nil, "locked": i.locked, "user": s.user(c, i.author), "labels": s.labelsJSON(c, i),
		"assignee": nil, "assignees": []any{}, "milestone": nil, "comments": len(i.comments), "author_association": "MEMBER",
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": nil, "closed_by": nil,
		"url": self, "repository_url": repo, "labels_url": self + "/labels{/name}", "comments_url": self + "/comments",
		"events_url": self + "/events", "html_url": c.site + "/" + i.repo.name + "/issues/" + number}
	if i.reason != "" {
		v["state_reason"] = i.reason
	}
	if i.state == "closed" {
		v["closed_at"], v["closed_by"] = stamp(i.closed), s.user(c, i.closer)
	}
	var people []any
	for _, login := range i.assignees {
		people = append(people, s.user(c, login))
	}
	if people != nil {
		v["assignees"], v["assignee"] = people, people[0]
	}
	if i.milestone != nil {
		v["milestone"] = s.milestoneJSON(c, i.repo, i.milestone)
	}
	if s.rights.noReasons {
		delete(v, "state_reason")
	}
	if i.pull {
		pull := repo + "/pulls/" + number
		v["pull_request"] = map[string]any{"url": pull, "html_url": pull, "diff_url": pull, "patch_url": pull}
	}
	return v
}

func (s *Server) labelsJSON(c call, i *issue) []any {
	list := []any{}
	for _, name := range i.labels {
		list = append(list, labelJSON(c, i.repo, i.repo.labels[strings.ToLower(name)].id, name))
	}
	return list
}

func labelJSON(c call, r *repository, id int64, name string) map[string]any {
	return map[string]any{"id": id, "node_id": node(id), "name": name, "description": nil, "default": false,
		"color": "ededed", "url": c.base + "/repos/" + r.name + "/labels/" + url.PathEscape(name)}
}

func (s *Server) milestoneJSON(c call, r *repository, m *milestone) map[string]any {
	number := strconv.Itoa(m.number)
	self := c.base + "/repos/" + r.name + "/milestones/" + number
	v := map[string]any{"id": m.id, "node_id": node(m.id), "number": m.number, "title": m.title, "description": nil,
		"state": "open", "creator": nil, "open_issues": 0, "closed_issues": 0, "due_on": nil, "closed_at": nil,
		"created_at": stamp(r.created), "updated_at": stamp(r.created), "url": self, "labels_url": self + "/labels",
		"html_url": c.site + "/" + r.name + "/milestone/" + number}
	if m.closed {
		v["state"], v["closed_at"] = "closed", stamp(r.created)
	}
	return v
}

func (s *Server) commentJSON(c call, i *issue, m *comment) map[string]any {
	repo, id := "/repos/"+i.repo.name, strconv.FormatInt(m.id, 10)
	return map[string]any{"id": m.id, "node_id": node(m.id), "body": m.body, "user": s.user(c, m.author),
		"author_association": "MEMBER", "created_at": stamp(m.created), "updated_at": stamp(m.created),
		"url":       c.base + repo + "/issues/comments/" + id,
		"issue_url": c.base + repo + "/issues/" + strconv.Itoa(i.number),
		"html_url":  c.site + "/" + i.repo.name + "/issues/" + strconv.Itoa(i.number) + "#issuecomment-" + id}
}

func (s *Server) appJSON(c call) map[string]any {
	a := s.o.App
	return map[string]any{"id": a.Number, "slug": a.Slug, "node_id": node(a.Number), "owner": s.user(c, "acme"), "name": a.Slug,
		"description": nil, "external_url": c.site, "html_url": c.site + "/apps/" + a.Slug, "events": []any{},
		"created_at": stamp(s.now()), "updated_at": stamp(s.now()),
		"permissions": s.rights.permissions}
}

func (s *Server) installationJSON(c call) map[string]any {
	a := s.o.App
	self := c.base + "/app/installations/" + strconv.FormatInt(a.Installation, 10)
	owner, _, _ := strings.Cut(c.repo.name, "/")
	v := map[string]any{"id": a.Installation, "app_id": a.Number, "app_slug": a.Slug, "target_id": s.userID(owner),
		"target_type": "Organization", "single_file_name": nil, "repository_selection": "all", "account": s.user(c, owner),
		"access_tokens_url": self + "/access_tokens", "html_url": self, "repositories_url": self + "/repositories",
		"events": []any{}, "permissions": s.rights.permissions,
		"created_at": stamp(s.now()), "updated_at": stamp(s.now()), "suspended_by": nil, "suspended_at": nil}
	if s.rights.suspended {
		v["suspended_at"] = stamp(s.now())
	}
	return v
}
