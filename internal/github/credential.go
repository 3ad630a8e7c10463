package github

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"ticketd/internal/ticket"
)

// credential gives the token of a call.
type credential interface {
	// token gives one that is good for the scope.
	token(ctx context.Context, s scope) (string, error)
	// reject says that GitHub answered 401 to the token; true when another is worth a try.
	reject(s scope, token string) bool
	// key names the credential for the cache of accounts: another key may be another account.
	key() string
}

// personal is a classic or fine-grained personal access token. It is read for every call, so that a
// rotated one is taken up without a restart.
type personal func() string

func (p personal) token(context.Context, scope) (string, error) {
	token := strings.TrimSpace(p())
	if token == "" {
		return "", &ticket.Error{Decision: ticket.HoldTracker, Op: "authorize",
			Err: errors.New("the token is empty"), Hint: "set the tracker's token"}
	}
	return token, nil
}

func (p personal) reject(_ scope, token string) bool { return strings.TrimSpace(p()) != token }

func (p personal) key() string { return strings.TrimSpace(p()) }

type tokenKey struct{}

func withToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// authorize adds the token that the call was given. outbound calls it for the one host only.
func authorize(r *http.Request) error {
	token, ok := r.Context().Value(tokenKey{}).(string)
	if !ok {
		return errors.New("a call without a token")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}
