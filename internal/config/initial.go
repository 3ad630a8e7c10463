package config

import (
	_ "embed" // initial.toml.tmpl
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// Initial is what a first configuration is made of: a tracker or two, and a folder for its files.
type Initial struct {
	Folder     string // absolute path
	JiraURL    string // address of the site; "": no Jira
	Email      string // of the account; Jira Cloud only
	Project    string // key of the Jira project
	Repository string // owner/repo on github.com; "": no GitHub
}

// The files of an Initial in its Folder.
const (
	InitialConfig      = "ticketd.toml"
	InitialWebhook     = "webhook-token"
	InitialJiraToken   = "jira-token"
	InitialGitHubToken = "github-token"
	initialStore       = "ticketd.db"
)

//go:embed initial.toml.tmpl
var initialText string

// TOML writes the configuration. It has the mistakes of what it was given: see [ParseWithoutSecrets].
func (i Initial) TOML() (string, error) {
	t, err := template.New("initial").Funcs(template.FuncMap{"quote": quoteTOML}).Parse(initialText)
	if err != nil {
		return "", fmt.Errorf("parsing the first configuration: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, i); err != nil {
		return "", fmt.Errorf("writing the first configuration: %w", err)
	}
	return b.String(), nil
}

// File gives the path of one of the files.
func (i Initial) File(name string) string { return filepath.Join(i.Folder, name) }

// WebhookFile is where the token is that Data Theorem shows.
func (i Initial) WebhookFile() string { return i.File(InitialWebhook) }

// JiraFile is where the token for Jira belongs.
func (i Initial) JiraFile() string { return i.File(InitialJiraToken) }

// GitHubFile is where the token for GitHub belongs.
func (i Initial) GitHubFile() string { return i.File(InitialGitHubToken) }

// StoreFile is where the database will be.
func (i Initial) StoreFile() string { return i.File(initialStore) }

// quoteTOML writes a string as TOML does, which knows fewer escapes than Go.
func quoteTOML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return b.String() + `"`
}
