package config

import (
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/mapping"
)

const exampleFile = "../../config.example.toml"

func TestTheExampleLoadsWithoutAProblem(t *testing.T) {
	env := environ(t, nil)
	folder, _ := env(credentialsVariable)
	for _, name := range []string{"webhook-token", "capability", "jira-token", "github-token"} {
		write(t, folder+"/ticketd."+name, "d14f3e9ea50ca7862f4a07eada1c368f"+name, 0o400)
	}
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Parse(exampleFile, data, env)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	checkShownDefaults(t, c)
}

// checkShownDefaults compares what the example shows as a default with what is one.
func checkShownDefaults(t *testing.T, c *Config) {
	t.Helper()
	shown, want := c.Server, defaults().Server
	shown.Tokens, shown.Capabilities = nil, nil
	if len(shown.TrustedProxies) == 0 { // an empty list, which says the same as none
		shown.TrustedProxies = nil
	}
	if !reflect.DeepEqual(shown, want) {
		t.Errorf("[server] shows %+v, the defaults are %+v", shown, want)
	}
	d := defaults()
	if c.Store != d.Store || c.Log != d.Log || c.Deliver != d.Deliver || !reflect.DeepEqual(c.Portal, d.Portal) {
		t.Errorf("[store], [log], [portal] or [deliver] shows no default: %+v %+v %+v %+v", c.Store, c.Log, c.Portal, c.Deliver)
	}
}

func TestTheExampleShowsEveryKey(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	shown := shownKeys(string(data))
	for key := range keysOf(reflect.TypeFor[Config](), "") {
		if !shown[key] {
			t.Errorf("%s is not in the example", key)
		}
	}
}

var (
	headerLine = regexp.MustCompile(`^\[+([a-z_.]+)\]+`)
	keyLine    = regexp.MustCompile(`^#?([a-z_0-9]+) = (.*)`)
	inlineKey  = regexp.MustCompile(`([a-z_]+) = `)
)

// shownKeys collects "rule.match.kind" and the like, commented alternatives included; names that
// people choose are left as they stand.
func shownKeys(text string) map[string]bool {
	shown, section := map[string]bool{}, ""
	for line := range strings.Lines(text) {
		if m := headerLine.FindStringSubmatch(line); m != nil {
			section = m[1] + "."
		}
		if m := keyLine.FindStringSubmatch(line); m != nil {
			shown[section+m[1]] = true
			for _, inner := range inlineKey.FindAllStringSubmatch(m[2], -1) {
				shown[section+m[1]+"."+inner[1]] = true
			}
		}
	}
	return shown
}

// keysOf lists the keys of a struct and the structs in it; for a table with free names it takes the
// names of the example.
func keysOf(t reflect.Type, prefix string) map[string]bool {
	keys := map[string]bool{}
	for name, index := range fieldsOf(t) {
		key, inner := prefix+name, t.FieldByIndex(index).Type
		switch {
		case inner == reflect.TypeFor[mapping.Rule](), inner == reflect.TypeFor[map[string]mapping.Rule]():
			continue // [defaults] and [profile.NAME] have the keys of a rule
		case inner.Kind() == reflect.Map && inner.Elem() != reflect.TypeFor[mapping.Patterns]():
			key += map[string]string{"jira": ".security", "github": ".main", "rule.on": ".wont_fix"}[key]
			inner = inner.Elem()
		}
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct || hasOwnForm(inner) {
			keys[key] = true
			continue
		}
		for deeper := range keysOf(inner, key+".") {
			keys[deeper] = true
		}
	}
	return keys
}

func hasOwnForm(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[netip.Prefix]()
}

func TestTheListOfKeysReachesEveryStruct(t *testing.T) {
	keys := keysOf(reflect.TypeFor[Config](), "")
	for _, want := range []string{
		"instance", "server.token.not_after", "jira.security.burst", "github.main.app.installation",
		"events.fields", "rule.match.path", "rule.on.wont_fix.transitions", "rule.notes",
	} {
		if !keys[want] {
			t.Errorf("%s is missing from %v", want, keys)
		}
	}
	if n := reflect.TypeFor[datatheorem.Entry]().NumField(); len(keys) < n+60 {
		t.Errorf("found only %d keys", len(keys))
	}
}
