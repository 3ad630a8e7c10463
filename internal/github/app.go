package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/ticket"
)

// Times of App authentication (docs: generating a JSON Web Token; facts: github.md section 2). A
// JWT may live ten minutes at most, its beginning lies a minute back for clocks that drift; an
// installation token lives an hour.
const (
	jwtBack      = time.Minute
	jwtLife      = 9 * time.Minute
	grantLife    = time.Hour
	refreshEarly = 5 * time.Minute
)

// grant is an installation token.
type grant struct {
	token   string
	expires time.Time
}

// appCredential acts as an installation of a GitHub App.
type appCredential struct {
	App
	t *Tracker

	turn          chan struct{} // holds one value; whoever took it may use what follows
	grants        map[scope]grant
	installations map[place]int64
}

func newApp(t *Tracker, a App) *appCredential {
	c := &appCredential{App: a, t: t, turn: make(chan struct{}, 1),
		grants: make(map[scope]grant), installations: make(map[place]int64)}
	c.turn <- struct{}{}
	return c
}

func (a *appCredential) key() string { return "app " + a.ID }

// token gives the scope's installation token, a new one when the old one is about to run out. One
// caller asks GitHub, the others wait for it.
func (a *appCredential) token(ctx context.Context, s scope) (string, error) {
	if s.place == (place{}) {
		return a.jwt()
	}
	select {
	case <-a.turn:
	case <-ctx.Done():
		return "", &ticket.Error{Decision: ticket.Retry, Op: "authorize", Err: ctx.Err()}
	}
	defer func() { a.turn <- struct{}{} }()
	if g, ok := a.grants[s]; ok && a.t.o.Now().Before(g.expires.Add(-refreshEarly)) {
		return g.token, nil
	}
	g, err := a.grant(ctx, s)
	if err != nil {
		return "", harmless(err)
	}
	a.grants[s] = g
	return g.token, nil
}

// reject drops a token that was answered 401: uninstalled, suspended or revoked meanwhile.
func (a *appCredential) reject(s scope, token string) bool {
	if s.place == (place{}) {
		return false // a JWT is new each time; the key or the id is wrong
	}
	<-a.turn
	defer func() { a.turn <- struct{}{} }()
	if a.grants[s].token == token {
		delete(a.grants, s)
	}
	return true
}

// grant asks for a token that reads metadata and writes issues of one repository, nothing more.
func (a *appCredential) grant(ctx context.Context, s scope) (grant, error) {
	installation, err := a.installation(ctx, s.place)
	if err != nil {
		return grant{}, err
	}
	write, read := "write", "read"
	options := &gh.InstallationTokenOptions{Permissions: &gh.InstallationPermissions{Issues: &write, Metadata: &read}}
	if s.id != 0 {
		options.RepositoryIDs = []int64{s.id}
	} else {
		options.Repositories = []string{s.place.repo}
	}
	var got *gh.InstallationToken
	x, err := a.t.asApp(ctx, "token", func(ctx context.Context, c *gh.Client) (err error) {
		got, _, err = c.Apps.CreateInstallationToken(ctx, installation, options)
		return err
	})
	switch {
	case err != nil:
		delete(a.installations, s.place) // it may have been installed anew
		return grant{}, a.explain(err, s.place)
	case got.GetToken() == "":
		return grant{}, unusable("token", x, errors.New("the answer holds no token"))
	}
	expires := got.GetExpiresAt().Time
	if expires.IsZero() {
		expires = a.t.o.Now().Add(grantLife)
	}
	return grant{got.GetToken(), expires}, nil
}

// installation gives the id of the installation that covers a repository.
func (a *appCredential) installation(ctx context.Context, p place) (int64, error) {
	if a.Installation != 0 {
		return a.Installation, nil
	}
	if id, ok := a.installations[p]; ok {
		return id, nil
	}
	var got *gh.Installation
	x, err := a.t.asApp(ctx, "installation", func(ctx context.Context, c *gh.Client) (err error) {
		got, _, err = c.Apps.FindRepositoryInstallation(ctx, p.owner, p.repo)
		return err
	})
	switch {
	case err != nil:
		return 0, a.explain(err, p)
	case got.GetID() == 0:
		return 0, unusable("installation", x, errors.New("the answer holds no installation"))
	}
	a.installations[p] = got.GetID()
	return got.GetID(), nil
}

// explain adds what a person can do when GitHub gives the App nothing for a repository.
func (a *appCredential) explain(err error, p place) error {
	e, ok := errors.AsType[*ticket.Error](err)
	if !ok {
		return err
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity:
		if e.Decision != ticket.Pause {
			e.Decision = ticket.HoldDestination
			e.Hint = fmt.Sprintf("install the GitHub App on %s with the permission to read and write issues, and see that it is not suspended", p)
		}
	}
	return e
}

// harmless turns a doubt into a retry: whatever became of a request for a token, the call that
// needed it was never sent.
func harmless(err error) error {
	if e, ok := errors.AsType[*ticket.Error](err); ok && e.Decision == ticket.Doubt {
		e.Decision = ticket.Retry
	}
	return err
}

// jwt makes the App's own proof of identity: RS256, signed now.
func (a *appCredential) jwt() (string, error) {
	signed, err := a.sign(a.t.o.Now())
	if err != nil {
		return "", &ticket.Error{Decision: ticket.HoldTracker, Op: "authorize", Err: err,
			Hint: "give the App's private key as GitHub made it, in PEM"}
	}
	return signed, nil
}

func (a *appCredential) sign(now time.Time) (string, error) {
	raw, err := a.PrivateKey()
	if err != nil {
		return "", fmt.Errorf("reading the App's private key: %w", err)
	}
	key, err := parseKey(raw)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": a.ID, "iat": now.Add(-jwtBack).Unix(), "exp": now.Add(jwtLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("writing the claims: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return strings.Join([]string{text, encode(signature)}, "."), nil
}

// parseKey reads an RSA private key in PEM. Its errors never hold a part of the key.
func parseKey(raw []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("the App's private key is not in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the App's private key is neither PKCS #1 nor PKCS #8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the App's private key is no RSA key")
	}
	return key, nil
}
