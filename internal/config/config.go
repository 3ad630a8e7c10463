// Package config loads ticketd's configuration: strict TOML with the position of every mistake,
// every mistake at once, secrets that cannot be printed, and overrides from the environment.
package config

import (
	"crypto/sha256"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"ticketd/internal/datatheorem"
	"ticketd/mapping"
)

// Config is the whole configuration. The comments of its fields are the manual: meaning, default,
// and what empty means. Keys that are not here are refused. A Config without a fatal problem is
// complete: defaults are filled in, addresses parsed, secrets readable.
type Config struct {
	// Instance is part of every marker, so that two daemons that write to one tracker never take
	// each other's tickets for their own. 1 to 32 letters, digits, "-", "_" and "."; default
	// "default". Do not change it later: tickets are found by it, also when the store was lost.
	Instance string `toml:"instance"`

	// Include names files that hold further rules, profiles and event types, or patterns of such files
	// ("rules/*.toml"), from the folder of this file on; default none. Their rules come after those of
	// this file, in the order given here, the files of one pattern sorted by name. Nothing else may be
	// in them.
	Include []string `toml:"include"`

	Server  Server  `toml:"server"`
	Store   Store   `toml:"store"`
	Log     Log     `toml:"log"`
	Portal  Portal  `toml:"portal"`
	Deliver Deliver `toml:"deliver"`

	// Jira and GitHub are the trackers, [jira.NAME] and [github.NAME]. A rule refers to NAME:
	// lower-case letters, digits, "-" and "_", unique over both. At least one is needed.
	Jira   map[string]*Jira   `toml:"jira"`
	GitHub map[string]*GitHub `toml:"github"`

	// Events extends the table of Data Theorem's event types, [[events]]; see datatheorem.Entry.
	Events []datatheorem.Entry `toml:"events"`

	// Defaults is what a rule leaves out. See mapping.Rule.
	Defaults mapping.Rule `toml:"defaults"`

	// Profiles are pieces of rules, [profile.NAME], that rules extend.
	Profiles map[string]mapping.Rule `toml:"profile"`

	// Rules are tried in file order; the first that matches wins.
	Rules []mapping.Rule `toml:"rule"`

	// Mapping and Table are the compiled rules and event types.
	Mapping *mapping.Mapping   `toml:"-"`
	Table   *datatheorem.Table `toml:"-"`

	// Files are the names of the files that were read, the main one first.
	Files []string `toml:"-"`

	// Hash tells one configuration from another: the first 16 hex digits of the SHA-256 over the bytes
	// of Files, one after the other, without the secrets that stand in them and without what the
	// environment overrides. It is that of `cat FILES | sha256sum` where no secret stands in them.
	Hash string `toml:"-"`

	// Secretless says that the configuration was loaded without its secrets and cannot serve.
	Secretless bool `toml:"-"`

	// position is Position. It is a function so that printing a Config does not show the files, which
	// may hold secrets.
	position func(path []string) (file string, line, column int)

	// losses is where the secrets' files tell that they cannot be used any more; see OnLoss.
	losses *losses
}

// Position tells where a key stands, given as mapping.Problem.Path gives it: the name of the file, and
// line and column from 1. A key that is left out has the position of the nearest table around it, and
// the line 0 where that is the file as a whole. The file of what a variable overrides is
// "environment", without a line.
func (c *Config) Position(path []string) (file string, line, column int) { return c.position(path) }

// Server is [server]: where Data Theorem's webhooks come in.
type Server struct {
	// Listen is host:port of the webhook; default "127.0.0.1:8080". Port 0 takes a free one. Any
	// other host than a loopback one needs TLSCertFile, BehindProxy or PlainHTTP.
	Listen string `toml:"listen"`

	// Path of the webhook; default "/webhook". Capability URLs are always /hooks/<secret>.
	Path string `toml:"path"`

	// Admin is host:port of health and readiness; default "127.0.0.1:8081"; empty: no such listener.
	Admin string `toml:"admin"`

	// AdminPublic allows Admin on an address that others can reach; default false. Whoever reaches
	// it needs no credential.
	AdminPublic bool `toml:"admin_public"`

	// TLSCertFile is a PEM file with the certificate of Listen, the server's own first, then those that
	// lead to its authority; empty: Listen speaks HTTP. With it Listen speaks HTTPS alone. The file is
	// read again when it changes. A leading $CREDENTIALS_DIRECTORY is systemd's folder.
	TLSCertFile string `toml:"tls_cert_file"`

	// TLSKeyFile is a PEM file with the private key of TLSCertFile, without a passphrase; others must not
	// be able to read it. It is needed with TLSCertFile, and read again with it. A leading
	// $CREDENTIALS_DIRECTORY is systemd's folder.
	TLSKeyFile string `toml:"tls_key_file"`

	// BehindProxy says that a proxy in front of Listen speaks HTTPS; default false. With TLSCertFile the
	// way from the proxy is encrypted, too.
	BehindProxy bool `toml:"behind_proxy"`

	// TrustedProxies are the addresses or networks ("10.0.0.0/8") of proxies whose X-Forwarded-For, or
	// Forwarded where there is none, is believed: the log then names the address that they forward for.
	// Nothing else depends on it; default none.
	TrustedProxies []netip.Prefix `toml:"trusted_proxies"`

	// PlainHTTP allows HTTP without TLS on a Listen that others can reach, credentials readable on
	// the way; default false.
	PlainHTTP bool `toml:"plain_http"`

	// InsecureNoAuth accepts webhooks from anybody; default false; only on a loopback Listen that is
	// not BehindProxy.
	InsecureNoAuth bool `toml:"insecure_no_auth"`

	// Tokens are the bearer tokens that are accepted, [[server.token]]; give two while rotating.
	// TICKETD_SERVER_TOKEN adds one named "environment".
	Tokens []Credential `toml:"token"`

	// Capabilities are the accepted secrets of /hooks/<secret>, [[server.capability]], for senders
	// that cannot set a header.
	Capabilities []Credential `toml:"capability"`

	// Pprof serves the profiles of net/http/pprof under /debug/pprof/ on Admin, which must then be a
	// loopback address; default false.
	Pprof bool `toml:"pprof"`

	// KeyPair is what TLSCertFile and TLSKeyFile hold; nil where they are empty.
	KeyPair *KeyPair `toml:"-"`
}

// Credential is one accepted secret; exactly one of Value, ValueFile and Hash is given.
type Credential struct {
	// Name appears in logs and counters in place of the secret; required, unique in its list.
	Name string `toml:"name"`

	// Value is the secret itself, at least 16 characters, better 32 random ones. A token may be given
	// with or without the word "Bearer" in front.
	Value Secret `toml:"value"`

	// ValueFile is a file that holds the secret; others must not be able to read it. A leading
	// $CREDENTIALS_DIRECTORY is systemd's folder.
	ValueFile string `toml:"value_file"`

	// Hash is the SHA-256 of the secret, 64 hex digits; nothing secret is then in the file.
	Hash string `toml:"sha256"`

	// NotAfter is the last moment at which the secret is accepted: a date and time, or a date, which
	// counts as its end in UTC; empty: for ever.
	NotAfter time.Time `toml:"not_after"`

	// Digest is the SHA-256 of the secret, from whichever of the three was given.
	Digest [sha256.Size]byte `toml:"-"`
}

// Store is [store]: where events, findings and tickets are kept.
type Store struct {
	// Path of the SQLite file; default "/var/lib/ticketd/ticketd.db". Its folder must exist.
	Path string `toml:"path"`

	// Retention is how long what is done with is kept, counted from the last time it came: events that
	// were applied and what was called of a tracker; default "90d", at least "7d"; "forever" or "0":
	// for ever. Findings, notes and tickets are always kept, and so are events that were not applied.
	Retention Retention `toml:"retention"`
}

// Retention is a duration, or "forever", which is 0.
type Retention time.Duration

// Log is [log]: what is logged, on standard error.
type Log struct {
	// Level is "debug", "info", "warn" or "error"; default "info".
	Level slog.Level `toml:"level"`

	// Format is "json" or "text"; default "json".
	Format string `toml:"format"`
}

// Portal is [portal]: Data Theorem's portal, which findings lead to.
type Portal struct {
	// Hosts that links from findings may lead to, subdomains included; default
	// ["securetheorem.com"]. Links to other hosts are shown as text. An empty list: no links.
	Hosts []string `toml:"hosts"`
}

// Deliver is [deliver]: how trackers are written to.
type Deliver struct {
	// QuietPeriod is how long a create whose outcome is unknown rests before the tracker is searched
	// for it; default "10m". Shorter risks a second ticket where the tracker's search lags.
	QuietPeriod time.Duration `toml:"quiet_period"`
}

// Pacing bounds what is written to one tracker. Zero, or left out: the default, which is the
// tracker's own (deliver.Pace says where it comes from).
type Pacing struct {
	// MinInterval is the shortest time between two writes; default "200ms" for Jira, "1s" for GitHub.
	MinInterval time.Duration `toml:"min_interval"`

	// Burst is how many issues and comments may be written without waiting for PerHour; default 5 for
	// Jira, 20 for github.com.
	Burst int `toml:"burst"`

	// PerHour is how many issues and comments may be written in an hour; default 18000 for Jira, 450
	// for github.com, without bound for other GitHub hosts.
	PerHour int `toml:"per_hour"`
}

// Jira is [jira.NAME]: one Jira site with the account that ticketd works as.
type Jira struct {
	// URL of the site as people open it, e.g. "https://example.atlassian.net"; required.
	URL string `toml:"url"`

	// APIURL is where the API is, if elsewhere: scoped tokens and service accounts of Jira Cloud work
	// only through "https://api.atlassian.com/ex/jira/CLOUDID"; default: URL.
	APIURL string `toml:"api_url"`

	// Email of the account on Jira Cloud; empty: the token is a Data Center access token and is sent
	// as a bearer token.
	Email string `toml:"email"`

	// Token is the API token or personal access token; TICKETD_JIRA_<NAME>_TOKEN overrides it. Once
	// loaded it stands for TokenFile as well.
	Token Secret `toml:"token"`

	// TokenFile is a file that holds the token, read again for every use, so that it can be rotated;
	// others must not be able to read it. A leading $CREDENTIALS_DIRECTORY is systemd's folder.
	TokenFile string `toml:"token_file"`

	// Deployment is "cloud" or "datacenter"; empty: the site is asked.
	Deployment string `toml:"deployment"`

	// Identity is the account id (Cloud) or user name (Data Center) that the token must belong to;
	// empty: whoever it belongs to.
	Identity string `toml:"identity"`

	// AlsoOurs are further account ids or user names whose tickets with our marker count as ours, for
	// instance that of an account used before; default none.
	AlsoOurs []string `toml:"also_ours"`

	// PlainHTTP allows http:// to a host that is not loopback; default false.
	PlainHTTP bool `toml:"plain_http"`

	Pacing

	// Site and API are URL and APIURL, parsed, without a slash at the end.
	Site *url.URL `toml:"-"`
	API  *url.URL `toml:"-"`
}

// GitHub is [github.NAME]: one GitHub host with a credential; exactly one of Token, TokenFile and
// App is given.
type GitHub struct {
	// URL of the host as people open it; default "https://github.com".
	URL string `toml:"url"`

	// APIURL is where the API is; default "https://api.github.com" for github.com, for an Enterprise
	// Server URL/api/v3.
	APIURL string `toml:"api_url"`

	// Token is a fine-grained or classic token with Issues: read and write;
	// TICKETD_GITHUB_<NAME>_TOKEN overrides it. Once loaded it stands for TokenFile as well.
	Token Secret `toml:"token"`

	// TokenFile is a file that holds the token, read again for every use, so that it can be rotated;
	// others must not be able to read it. A leading $CREDENTIALS_DIRECTORY is systemd's folder.
	TokenFile string `toml:"token_file"`

	// App is a GitHub App to work as instead of a token; default none.
	App *App `toml:"app"`

	// Identity is the login that the credential must belong to ("NAME[bot]" for an App); empty:
	// whoever it belongs to.
	Identity string `toml:"identity"`

	// AlsoOurs are further logins whose issues with our marker count as ours; default none.
	AlsoOurs []string `toml:"also_ours"`

	// PlainHTTP allows http:// to a host that is not loopback; default false.
	PlainHTTP bool `toml:"plain_http"`

	Pacing

	// Site and API are URL and APIURL, parsed, without a slash at the end.
	Site *url.URL `toml:"-"`
	API  *url.URL `toml:"-"`
}

// App is a GitHub App's installation.
type App struct {
	// ID is the App's client id ("Iv23…") or its App id as a string; required.
	ID string `toml:"id"`

	// Installation is the number at the end of the installation's settings page; required.
	Installation int64 `toml:"installation"`

	// PrivateKeyFile is the App's RSA key as GitHub gives it, PEM; others must not be able to read it.
	// Required. A leading $CREDENTIALS_DIRECTORY is systemd's folder.
	PrivateKeyFile string `toml:"private_key_file"`

	// PrivateKey is the content of PrivateKeyFile.
	PrivateKey Secret `toml:"-"`
}

// Spec gives the part of the configuration that is the mapping.
func (c *Config) Spec() mapping.Spec {
	trackers := make(map[string]mapping.Service, len(c.Jira)+len(c.GitHub))
	for name := range c.GitHub {
		trackers[name] = mapping.GitHub
	}
	for name := range c.Jira {
		trackers[name] = mapping.Jira
	}
	return mapping.Spec{
		Defaults:    c.Defaults,
		Profiles:    c.Profiles,
		Rules:       c.Rules,
		Trackers:    trackers,
		PortalHosts: c.Portal.Hosts,
		Instance:    c.Instance,
	}
}
