package config

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"strings"
)

const githubHost = "github.com"

func (k checker) github(at []string, g *GitHub) {
	if !k.has(append(at, "url")...) {
		g.URL = "https://" + githubHost
	}
	g.Site = k.base("url", at, g.URL, g.PlainHTTP)
	k.githubSite(at, g)
	if k.has(append(at, "api_url")...) {
		g.API = k.base("api_url", at, g.APIURL, g.PlainHTTP)
	} else if g.Site != nil {
		g.API = apiOf(g.Site)
	}
	k.githubCredential(at, g)
	k.accounts(at, g.Identity, g.AlsoOurs)
	k.pacing(at, g.Pacing)
}

func (k checker) githubSite(at []string, g *GitHub) {
	if g.Site == nil {
		return
	}
	switch host := strings.ToLower(g.Site.Hostname()); {
	case host == "api."+githubHost, strings.HasSuffix(g.Site.Path, "/api/v3"):
		k.problem(append(at, "url"), "is the address of the API", "write the address that people open; api_url is found from it")
	case host == githubHost && g.Site.Path != "":
		k.problem(append(at, "url"), "names more than the host", "the repository belongs into the rule")
	}
}

// apiOf gives the API's address of a host: of github.com, of a company on ghe.com, or of an
// Enterprise Server.
func apiOf(site *url.URL) *url.URL {
	api := *site
	switch host := strings.ToLower(site.Host); {
	case host == githubHost:
		api.Host = "api." + githubHost
	case strings.HasSuffix(host, ".ghe.com"):
		api.Host = "api." + host
	default:
		api.Path += "/api/v3"
	}
	return &api
}

func (k checker) githubCredential(at []string, g *GitHub) {
	if g.App == nil {
		if !k.has(append(at, "app")...) {
			k.token(at, &g.Token, g.TokenFile)
		}
		return
	}
	if k.has(append(at, "token")...) || k.has(append(at, "token_file")...) {
		k.problem(at, "has both a token and an app", "remove one of them")
	}
	k.app(append(at, "app"), g.App)
}

func (k checker) app(at []string, a *App) {
	if strings.TrimSpace(a.ID) == "" {
		k.problem(append(at, "id"), "is missing", "it is on the App's settings page, as Client ID")
	}
	if a.Installation <= 0 {
		k.problem(append(at, "installation"), "is missing", "it is the number at the end of the installation's settings page")
	}
	if !k.has(append(at, "private_key_file")...) {
		k.problem(append(at, "private_key_file"), "is missing", "GitHub makes the key on the App's settings page")
		return
	}
	if k.withoutSecrets {
		return
	}
	at = append(at, "private_key_file")
	var ok bool
	if a.PrivateKey, ok = k.secretFile(at, a.PrivateKeyFile); ok && !rsaKey([]byte(a.PrivateKey.Reveal())) {
		k.problem(at, "the file holds no RSA private key", "use the .pem file as GitHub gives it")
	}
}

// rsaKey takes both forms, PKCS #1 as GitHub gives it and PKCS #8 as tools convert it.
func rsaKey(text []byte) bool {
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return true
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	_, isRSA := key.(*rsa.PrivateKey)
	return err == nil && isRSA
}
