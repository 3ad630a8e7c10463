package config

import "strings"

// environment stands for the file in problems about variables.
const environment = "environment"

// Prefix begins the name of every variable of ours.
const Prefix = "TICKETD_"

// Variable is one override from the environment. An empty variable counts as not set.
type Variable struct {
	Name    string // NAME in it stands for a tracker's name in capitals, "-" written as "_"
	Key     string // what it overrides
	Meaning string
}

// Variables lists them all; the table for --help and the manual.
func Variables() []Variable {
	return []Variable{
		{"TICKETD_CONFIG", "", "path of the configuration file, for the command line"},
		{"TICKETD_INSTANCE", "instance", "overrides instance"},
		{"TICKETD_SERVER_LISTEN", "server.listen", "overrides server.listen"},
		{"TICKETD_SERVER_PATH", "server.path", "overrides server.path"},
		{"TICKETD_SERVER_ADMIN", "server.admin", "overrides server.admin"},
		{"TICKETD_SERVER_TOKEN", "server.token", `adds a bearer token named "environment"`},
		{"TICKETD_STORE_PATH", "store.path", "overrides store.path"},
		{"TICKETD_LOG_LEVEL", "log.level", "overrides log.level"},
		{"TICKETD_LOG_FORMAT", "log.format", "overrides log.format"},
		{"TICKETD_JIRA_NAME_TOKEN", "jira.NAME.token", "replaces token and token_file of [jira.NAME]"},
		{"TICKETD_GITHUB_NAME_TOKEN", "github.NAME.token", "replaces token, token_file and app of [github.NAME]"},
	}
}

func (v Variable) perTracker() bool { return strings.Contains(v.Name, "_NAME_") }

// UnknownVariables warns of variables in environ (as os.Environ gives them) that begin with Prefix
// and mean nothing to this configuration.
func (c *Config) UnknownVariables(environ []string) Problems {
	known := map[string]bool{}
	for _, v := range Variables() {
		if !v.perTracker() {
			known[v.Name] = true
		}
	}
	for name := range c.Jira {
		known[tokenVariable("JIRA", name)] = true
	}
	for name := range c.GitHub {
		known[tokenVariable("GITHUB", name)] = true
	}
	var problems Problems
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, Prefix) && value != "" && !known[name] {
			problems = append(problems, Problem{File: environment, Key: name, Warning: true,
				Text: "no such variable", Hint: unknownHint(name, known)})
		}
	}
	return problems
}

func tokenVariable(service, tracker string) string {
	return Prefix + service + "_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(tracker)) + "_TOKEN"
}

// override puts the environment's values into the tree, so that they are decoded and checked like
// the file's and a problem names the variable.
func (d *document) override() {
	for _, v := range Variables() {
		if v.Key == "" || v.perTracker() || d.withoutSecrets && v.Key == "server.token" {
			continue
		}
		value, _ := d.env(v.Name)
		switch {
		case value == "":
		case v.Key == "server.token":
			d.addToken(value, v.Name)
		default:
			section, key, found := strings.Cut(v.Key, ".")
			if !found {
				d.root.set(section, &node{kind: text, text: value, env: v.Name})
			} else if t := d.root.section(section, v.Name); t != nil {
				t.set(key, &node{kind: text, text: value, env: v.Name})
			}
		}
	}
	if d.withoutSecrets {
		return
	}
	d.overrideTracker("jira", "token_file")
	d.overrideTracker("github", "token_file", "app")
}

func (d *document) addToken(value, variable string) {
	server := d.root.section("server", variable)
	if server == nil {
		return // not a table: reported when it is decoded
	}
	list := server.members["token"]
	if list == nil {
		list = &node{kind: array, env: variable}
		server.set("token", list)
	}
	token := &node{kind: table, env: variable}
	list.push(token)
	token.set("name", &node{kind: text, text: environment, env: variable})
	token.set("value", &node{kind: text, text: value, env: variable})
}

func (d *document) overrideTracker(service string, replaced ...string) {
	trackers := d.root.members[service]
	if trackers == nil {
		return
	}
	for name, t := range trackers.members {
		variable := tokenVariable(strings.ToUpper(service), name)
		value, _ := d.env(variable)
		if value == "" || t.kind != table {
			continue
		}
		for _, key := range replaced {
			t.remove(key)
		}
		t.set("token", &node{kind: text, text: value, env: variable})
	}
}
