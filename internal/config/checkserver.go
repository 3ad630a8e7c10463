package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
)

var (
	webhookPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
	plainName   = regexp.MustCompile(`^[A-Za-z0-9._ -]{1,64}$`)
	sha256Hex   = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	urlSafe     = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
)

func (k checker) server(s *Server) {
	local, ok := k.address("listen", s.Listen)
	tls := k.has("server", certificateKey) || k.has("server", privateKey)
	switch {
	case tls && s.PlainHTTP:
		k.warning([]string{"server", "plain_http"}, "says nothing where there is a tls_cert_file: no HTTP is spoken then", "remove it")
	case ok && !local && !tls && !s.BehindProxy && !s.PlainHTTP:
		k.problem([]string{"server", "listen"}, "others can reach this address and it speaks HTTP without TLS",
			"listen on 127.0.0.1 behind a proxy with HTTPS, or set behind_proxy = true if one is in front, or tls_cert_file and tls_key_file, or plain_http = true")
	}
	k.keyPair(s)
	k.proxies(s)
	k.admin(s)
	if !webhookPath.MatchString(s.Path) || path.Clean(s.Path) != s.Path {
		k.problem([]string{"server", "path"}, "is no path for a webhook", `write it like "/webhook", without a slash at the end`)
	} else if s.Path == "/hooks" || strings.HasPrefix(s.Path, "/hooks/") {
		k.problem([]string{"server", "path"}, "/hooks is where capability URLs live", "choose another path")
	}
	k.authentication(s, local)
	k.credentials("token", s.Tokens)
	k.credentials("capability", s.Capabilities)
}

func (k checker) admin(s *Server) {
	pprof := []string{"server", "pprof"}
	if s.Admin == "" {
		if s.Pprof {
			k.problem(pprof, "there is no server.admin to serve it", "give server.admin an address, or remove it")
		}
		return
	}
	local, ok := k.address("admin", s.Admin)
	switch {
	case !ok:
	case !local && s.Pprof:
		k.problem(pprof, "whoever reaches server.admin could look into ticketd and slow it down", "it is allowed only on a loopback server.admin")
	case !local && !s.AdminPublic:
		k.problem([]string{"server", "admin"}, "others can reach this address", "listen on 127.0.0.1, or set admin_public = true")
	case s.Admin == s.Listen && !strings.HasSuffix(s.Admin, ":0"):
		k.problem([]string{"server", "admin"}, "is the address of server.listen", "choose another port")
	}
}

// proxies warns of a network that is everybody.
func (k checker) proxies(s *Server) {
	for i, network := range s.TrustedProxies {
		if network.IsValid() && network.Bits() == 0 {
			k.warning([]string{"server", "trusted_proxies", strconv.Itoa(i)}, "is everybody, who could then say in the log to be anybody",
				"write the addresses of your proxies")
		}
	}
}

// address checks host:port and tells whether only this machine can reach it.
func (k checker) address(key, address string) (local, ok bool) {
	host, port, err := net.SplitHostPort(address)
	if _, numeric := strconv.ParseUint(port, 10, 16); err != nil || numeric != nil {
		k.problem([]string{"server", key}, "is no address to listen on", `write host:port, such as "127.0.0.1:8080"`)
		return false, false
	}
	return loopback(host), true
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// authentication refuses a server that anybody could post to unless that was asked for.
func (k checker) authentication(s *Server, local bool) {
	given := len(s.Tokens)+len(s.Capabilities) > 0 || k.misread("server.token") || k.misread("server.capability")
	open := []string{"server", "insecure_no_auth"}
	switch {
	case s.InsecureNoAuth && given:
		k.problem(open, "contradicts the tokens and capabilities given", "remove one or the other")
	case s.InsecureNoAuth && (!local || s.BehindProxy):
		k.problem(open, "anybody could post findings", "it is allowed only on a loopback server.listen without behind_proxy")
	case !s.InsecureNoAuth && !given && !k.withoutSecrets:
		k.problem([]string{"server"}, "nothing says who may post", "add [[server.token]] with a name and a value_file, sha256 or value")
	}
}

func (k checker) credentials(list string, credentials []Credential) {
	names, digests := map[string]bool{}, map[[sha256.Size]byte]string{}
	for i := range credentials {
		c, at := &credentials[i], []string{"server", list, strconv.Itoa(i)}
		switch {
		case c.Name == "":
			k.problem(append(at, "name"), "is missing", "logs show the name in place of the secret")
		case !plainName.MatchString(c.Name):
			k.problem(append(at, "name"), "is no usable name", "up to 64 letters, digits, dots, dashes and spaces")
		case names[c.Name]:
			k.problem(append(at, "name"), "is the name of another one", "names tell in the log which one was used")
		}
		names[c.Name] = true
		if !k.credential(at, c, list == "capability") {
			continue
		}
		if other, ok := digests[c.Digest]; ok {
			k.warning(at, "is the same secret as that of "+strconv.Quote(other), "remove one of them")
		}
		digests[c.Digest] = c.Name
	}
}

// credential fills in the digest and reports whether it could.
func (k checker) credential(at []string, c *Credential, inURL bool) bool {
	given := 0
	for _, key := range []string{"value", "value_file", "sha256"} {
		if k.has(append(at, key)...) {
			given++
		}
	}
	if given != 1 {
		k.problem(at, "needs exactly one of value, value_file and sha256", "")
		return false
	}
	if k.withoutSecrets {
		c.Value = Secret{}
		return false
	}
	if k.has(append(at, "sha256")...) {
		return k.digest(append(at, "sha256"), c)
	}
	if k.has(append(at, "value_file")...) {
		var ok bool
		at = append(at, "value_file")
		if c.Value, ok = k.secretFile(at, c.ValueFile); !ok {
			return false
		}
	} else {
		at = append(at, "value")
	}
	secret := c.Value.Reveal()
	if !inURL {
		secret = withoutScheme(secret)
	}
	c.Value, c.Digest = NewSecret(secret), sha256.Sum256([]byte(secret))
	if !k.strong(at, secret, true) {
		return false
	}
	if inURL && !urlSafe.MatchString(secret) {
		k.problem(at, "holds a character that needs escaping in a URL", `use letters, digits, "-", "_", "." and "~"`)
		return false
	}
	return true
}

func (k checker) digest(at []string, c *Credential) bool {
	if !sha256Hex.MatchString(c.Hash) {
		k.problem(at, "is no SHA-256", "64 hex digits, as sha256sum prints them")
		return false
	}
	_, _ = hex.Decode(c.Digest[:], []byte(c.Hash)) // the pattern leaves no error
	for _, nothing := range []string{"", "\n"} {
		if c.Digest == sha256.Sum256([]byte(nothing)) {
			k.problem(at, "is the SHA-256 of nothing", "printf %s \"$SECRET\" | sha256sum")
			return false
		}
	}
	return true
}

// withoutScheme drops the word Bearer: Data Theorem's portal asks for the value of the whole header
// (facts: datatheorem.md 5).
func withoutScheme(secret string) string {
	const scheme = "bearer "
	if len(secret) > len(scheme) && strings.EqualFold(secret[:len(scheme)], scheme) {
		return strings.TrimLeft(secret[len(scheme):], " ")
	}
	return secret
}
