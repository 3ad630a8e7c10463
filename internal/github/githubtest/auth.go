package githubtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// grant is an installation token.
type grant struct {
	expires time.Time
	repos   map[int64]bool // by id; nil covers all
}

// authenticate finds out who calls and which repositories it may see.
func (s *Server) authenticate(c *call) (allowed func(*repository) bool, refused *answer) {
	every := func(*repository) bool { return true }
	refuse := func(text string) (func(*repository) bool, *answer) {
		a := message(http.StatusUnauthorized, text)
		return nil, &a
	}
	token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return refuse("Requires authentication")
	}
	asApp := strings.HasPrefix(c.URL.Path, "/app") || strings.HasSuffix(c.URL.Path, "/installation")
	switch g, granted := s.tokens[token]; {
	case asApp && s.validJWT(token):
		return every, nil
	case asApp:
		return refuse("A JSON web token could not be decoded")
	case token == s.o.Token:
		c.login = s.o.Login
		return every, nil
	case granted && s.now().Before(g.expires):
		c.login = s.o.App.Slug + "[bot]"
		return func(r *repository) bool { return g.repos == nil || g.repos[r.id] }, nil
	}
	return refuse("Bad credentials")
}

// validJWT checks an App's JWT as GitHub does: signature, issuer, at most ten minutes to live.
func (s *Server) validJWT(token string) bool {
	parts := strings.Split(token, ".")
	if s.o.App == nil || len(parts) != 3 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(s.o.App.Key, crypto.SHA256, digest[:], signature) != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Iss      string
		Iat, Exp int64
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return false
	}
	now := s.now().Unix()
	return claims.Iss == s.o.App.ID && claims.Iat <= now && claims.Exp > now && claims.Exp <= now+600
}

func (s *Server) getUser(c call) answer {
	if strings.HasSuffix(c.login, "[bot]") {
		return message(http.StatusForbidden, "Resource not accessible by integration")
	}
	return reply(http.StatusOK, s.privateUser(c, c.login))
}

func (s *Server) getApp(c call) answer { return reply(http.StatusOK, s.appJSON(c)) }

func (s *Server) getInstallation(c call) answer {
	if c.repo.without {
		return notFound()
	}
	return reply(http.StatusOK, s.installationJSON(c))
}

// createToken grants an hour on the repositories that were named.
func (s *Server) createToken(c call) answer {
	if c.PathValue("id") != strconv.FormatInt(s.o.App.Installation, 10) {
		return notFound()
	}
	var want struct {
		Repositories  []string          `json:"repositories"`
		RepositoryIDs []int64           `json:"repository_ids"`
		Permissions   map[string]string `json:"permissions"`
	}
	if a := c.decode(&want); a != nil {
		return *a
	}
	if s.rights.suspended {
		return message(http.StatusForbidden, "This installation has been suspended")
	}
	for name, level := range want.Permissions {
		if has := s.rights.permissions[name]; has != level && has != "write" {
			return message(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
	}
	g := grant{expires: s.now().Add(time.Hour), repos: make(map[int64]bool)}
	for _, r := range s.repos {
		_, name, _ := strings.Cut(r.name, "/")
		for _, w := range want.Repositories {
			g.repos[r.id] = g.repos[r.id] || strings.EqualFold(w, name) && !r.without
		}
		for _, id := range want.RepositoryIDs {
			g.repos[r.id] = g.repos[r.id] || id == r.id
		}
	}
	token := "ghs_test" + strconv.FormatInt(s.id(), 10)
	s.tokens[token] = g
	return reply(http.StatusCreated, map[string]any{"token": token, "expires_at": stamp(g.expires),
		"permissions": want.Permissions, "repository_selection": "selected"})
}
