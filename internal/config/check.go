package config

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checker looks at a decoded configuration for what its parts must have in common.
type checker struct{ *document }

// misread tells whether what stands at a key of the main file could not be read.
func (k checker) misread(key string) bool { return k.faulty(spot{k.main().name, key}) }

var instanceName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

func (k checker) config(c *Config) {
	if !instanceName.MatchString(c.Instance) {
		k.problem([]string{"instance"}, "is no usable name", `1 to 32 letters, digits, "-", "_" and "."`)
	}
	k.server(&c.Server)
	k.store(c.Store)
	if c.Log.Format != "json" && c.Log.Format != "text" {
		k.problem([]string{"log", "format"}, "is no log format", `write "json" or "text"`)
	}
	k.hosts(c.Portal.Hosts)
	k.quiet(c.Deliver.QuietPeriod)
	k.trackers(c)
}

func (k checker) store(s Store) {
	if s.Retention != 0 && s.Retention < shortestRetention {
		k.problem([]string{"store", "retention"}, "is shorter than 7 days: a webhook that is repeated would be taken for a new one",
			`write "7d" or longer, or "forever"`)
	}
	path := []string{"store", "path"}
	switch {
	case s.Path == "":
		k.problem(path, "is empty", `leave it out for "/var/lib/ticketd/ticketd.db"`)
	case strings.HasPrefix(s.Path, "file:"), strings.HasPrefix(s.Path, ":"), strings.ContainsAny(s.Path, "?\x00"):
		k.problem(path, "is no path of a file", "write a plain path, without options; a store in memory would lose accepted events")
	}
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

func (k checker) hosts(hosts []string) {
	for i, host := range hosts {
		if !hostName.MatchString(host) {
			k.problem([]string{"portal", "hosts", strconv.Itoa(i)}, "is no host name",
				`write "example.com", without https://, port or "*"; subdomains are included`)
		}
	}
}

func (k checker) quiet(d time.Duration) {
	path := []string{"deliver", "quiet_period"}
	switch {
	case d <= 0:
		k.problem(path, "must be longer than nothing", `"10m" is safe`)
	case d < shortestQuiet:
		k.warning(path, "is shorter than 10 minutes: a create whose answer was lost may be repeated before the tracker can find it",
			"leave it out outside of tests")
	}
}

var trackerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?$`)

func (k checker) trackers(c *Config) {
	if len(c.Jira)+len(c.GitHub) == 0 && !k.has("jira") && !k.has("github") {
		k.problem(nil, "no tracker is configured", "add [jira.NAME] or [github.NAME]; `ticketd init` writes a first configuration, `sudo ticketd init --service` that of the service")
	}
	seen := map[string]string{} // name as variables write it → key
	for _, name := range slices.Sorted(maps.Keys(c.Jira)) {
		k.name("jira", name, seen)
		k.jira([]string{"jira", name}, c.Jira[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.GitHub)) {
		k.name("github", name, seen)
		k.github([]string{"github", name}, c.GitHub[name])
	}
}

func (k checker) name(service, name string, seen map[string]string) {
	path := []string{service, name}
	if !trackerName.MatchString(name) {
		k.problem(path, "is no usable name for a tracker", `1 to 32 lower-case letters, digits, "-" and "_"`)
	}
	folded := strings.ReplaceAll(name, "-", "_")
	if other := seen[folded]; other != "" {
		k.problem(path, "has the name of "+other, `rules and variables tell trackers apart by it, "-" and "_" counting as one`)
	}
	seen[folded] = cmp.Or(seen[folded], joinKey(service, name))
}

func (k checker) pacing(path []string, p Pacing) {
	if p.MinInterval < 0 || p.MinInterval > time.Hour {
		k.problem(append(path, "min_interval"), "must be between nothing and an hour", "")
	}
	if p.Burst < 0 || p.Burst > 1000 {
		k.problem(append(path, "burst"), "must be between 0 and 1000", "0 is the tracker's default")
	}
	if p.PerHour < 0 || p.PerHour > 1_000_000 {
		k.problem(append(path, "per_hour"), "must be between 0 and 1000000", "0 is the tracker's default")
	}
}
