package config

import (
	_ "embed" // initial.toml.tmpl
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// Initial is what a first configuration is made of: a tracker or two, and a place for its files.
type Initial struct {
	Folder     string // absolute path; of the configuration and, unless Service, of all that belongs to it
	Service    bool   // run by systemd: secrets are credentials of the unit, the database is its state
	JiraURL    string // address of the site; "": no Jira
	Email      string // of the account; Jira Cloud only
	Project    string // key of the Jira project
	Repository string // owner/repo on github.com; "": no GitHub
}

// The files of an Initial. Those of a service that hold a token have "ticketd." before their names.
const (
	InitialConfig      = "ticketd.toml"
	InitialWebhook     = "webhook-token"
	InitialJiraToken   = "jira-token"
	InitialGitHubToken = "github-token"
	initialStore       = "ticketd.db"
)

// Where the files of a service are (packaging/systemd/ticketd.service).
const (
	ServiceFolder      = "/etc/ticketd"
	ServiceCredentials = credentialStore
	serviceState       = "/var/lib/ticketd"
)

//go:embed initial.toml.tmpl
var initialText string

// TOML writes the configuration. It has the mistakes of what it was given: see [ParseWithoutSecrets]. A
// service without a tracker gives the file that the packages install.
func (i Initial) TOML() (string, error) {
	t, err := template.New("initial").Funcs(template.FuncMap{
		"quote": quoteTOML, "file": i.SecretFile, "value": i.secretValue, "folder": func() string { return ServiceCredentials },
	}).Parse(initialText)
	if err != nil {
		return "", fmt.Errorf("parsing the first configuration: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, i); err != nil {
		return "", fmt.Errorf("writing the first configuration: %w", err)
	}
	return b.String(), nil
}

// ConfigFile is where the configuration is.
func (i Initial) ConfigFile() string { return filepath.Join(i.Folder, InitialConfig) }

// SecretFile gives the path of the file that holds one of the tokens.
func (i Initial) SecretFile(name string) string {
	if i.Service {
		return filepath.Join(ServiceCredentials, ourCredentials+name)
	}
	return filepath.Join(i.Folder, name)
}

// secretValue gives that path as it stands in the configuration.
func (i Initial) secretValue(name string) string {
	if i.Service {
		return "$" + credentialsVariable + "/" + ourCredentials + name
	}
	return i.SecretFile(name)
}

// StoreFile is where the database will be.
func (i Initial) StoreFile() string {
	if i.Service {
		return filepath.Join(serviceState, initialStore)
	}
	return filepath.Join(i.Folder, initialStore)
}

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
