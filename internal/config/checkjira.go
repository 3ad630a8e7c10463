package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// gatewayHost is where scoped tokens of Jira Cloud work (facts: jira.md 3).
const gatewayHost = "api.atlassian.com"

var gatewayPath = regexp.MustCompile(`^/ex/jira/[A-Za-z0-9-]+$`)

func (k checker) jira(at []string, j *Jira) {
	j.Site = k.base("url", at, j.URL, j.PlainHTTP)
	j.API = j.Site
	if k.has(append(at, "api_url")...) {
		j.API = k.base("api_url", at, j.APIURL, j.PlainHTTP)
	}
	k.jiraAddresses(at, j)
	k.jiraAccount(at, j)
	k.token(at, &j.Token, j.TokenFile)
	k.accounts(at, j.Identity, j.AlsoOurs)
	k.pacing(at, j.Pacing)
}

func (k checker) jiraAddresses(at []string, j *Jira) {
	if j.Site != nil && j.Site.Hostname() == gatewayHost {
		k.problem(append(at, "url"), "is the address of the API", "put the site that people open here and this address into api_url")
	} else if j.Site != nil && page(j.Site) {
		k.problem(append(at, "url"), "is the address of a page", "write the address of the site alone, such as \"https://example.atlassian.net\"")
	}
	if j.API != nil && j.API.Hostname() == gatewayHost && !gatewayPath.MatchString(j.API.Path) {
		k.problem(append(at, "api_url"), "does not name a site",
			"write https://api.atlassian.com/ex/jira/CLOUDID; the id is at SITE/_edge/tenant_info")
	}
}

// jiraPages are how the paths of Jira's pages begin. What stands before them is the path of a Data
// Center that does not have a host to itself.
var jiraPages = regexp.MustCompile(`/(browse|secure|projects|issues|jira/(software|servicedesk|core|your-work))(/|$)`)

// page tells whether an address was copied from a page of Jira.
func page(site *url.URL) bool {
	cloud := strings.HasSuffix(strings.ToLower(site.Hostname()), ".atlassian.net")
	return cloud && site.Path != "" || jiraPages.MatchString(site.Path)
}

func (k checker) jiraAccount(at []string, j *Jira) {
	switch j.Deployment {
	case "", "cloud", "datacenter":
	default:
		k.problem(append(at, "deployment"), "is no deployment", `write "cloud" or "datacenter", or leave it out`)
	}
	atlassian := j.API != nil && strings.HasSuffix(strings.ToLower(j.API.Hostname()), ".atlassian.net")
	switch {
	case j.Email == "" && (atlassian || j.Deployment == "cloud" && j.API == j.Site):
		k.problem(append(at, "email"), "is missing", "Jira Cloud wants the address of the account that the token belongs to")
	case j.Email == "":
	case j.Deployment == "datacenter":
		k.problem(append(at, "email"), "is not used with Data Center", "leave it out: a personal access token says whose it is")
	case strings.Count(j.Email, "@") != 1 || strings.ContainsAny(j.Email, ": \t\r\n"):
		k.problem(append(at, "email"), "is no e-mail address", "")
	}
}

// base parses a tracker's address; nil where it cannot be used. It never shows the address,
// which may hold a password.
func (k checker) base(key string, at []string, address string, plain bool) *url.URL {
	at = append(slices.Clone(at), key)
	if address == "" {
		k.problem(at, "is missing", `write the address as people open it, such as "https://tracker.example.com"`)
		return nil
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		k.problem(at, "is no address", "write it with https:// and a host")
		return nil
	}
	what, hint := "", ""
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		what, hint = "must begin with https://", ""
	case u.User != nil:
		what, hint = "holds a user name or password", "credentials have keys of their own"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(address, "#"):
		what, hint = "has a query or a fragment", "end it after the host or path"
	case u.Scheme == "http" && !plain && !loopback(u.Hostname()):
		what, hint = "would send the credential without TLS", "write https://, or set plain_http = true"
	case strings.Contains(u.Path, "/rest/") || strings.HasSuffix(u.Path, "/rest"):
		what, hint = "goes into the API", "end it before /rest"
	}
	if what != "" {
		k.problem(at, what, hint)
		return nil
	}
	return u
}

// token settles a tracker's token, from itself or its file.
func (k checker) token(at []string, token *Secret, file string) {
	inline, named := k.has(append(at, "token")...), k.has(append(at, "token_file")...)
	switch {
	case inline && named:
		k.problem(at, "has both token and token_file", "remove one of them")
	case k.withoutSecrets:
		*token = Secret{}
	case inline:
		k.strong(append(at, "token"), token.Reveal(), false)
	case named:
		var ok bool
		if *token, ok = k.secretFile(append(at, "token_file"), file); ok {
			k.strong(append(at, "token_file"), token.Reveal(), false)
		}
	default:
		hint := "add token_file"
		if trackerName.MatchString(at[1]) { // or there is no variable of that name
			hint += ", or set " + tokenVariable(strings.ToUpper(at[0]), at[1])
		}
		k.problem(at, "has no credential", hint)
	}
}

func (k checker) accounts(at []string, identity string, alsoOurs []string) {
	if k.has(append(at, "identity")...) && strings.TrimSpace(identity) == "" {
		k.problem(append(at, "identity"), "is empty", "leave it out to accept whoever the credential belongs to")
	}
	for i, account := range alsoOurs {
		if strings.TrimSpace(account) == "" {
			k.problem(append(at, "also_ours", strconv.Itoa(i)), "is empty", "")
		}
	}
}
