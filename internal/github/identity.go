package github

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// account is somebody whose issues are ours: a numeric user id, which stays when the login changes,
// or the login of an App's bot, which no person can have because of its brackets.
type account struct {
	ticket.Account
	author string // as isAccount takes it
}

// Identity asks GitHub whose credential it is. An App has no user id of its own to be asked for; its
// account is named after the App.
func (t *Tracker) Identity(ctx context.Context) (ticket.Account, error) {
	a, _, err := t.identify(ctx)
	return a, err
}

// identify is Identity with the exchange, whose headers tell of the credential.
func (t *Tracker) identify(ctx context.Context) (ticket.Account, *outbound.Exchange, error) {
	key := t.credential.key()
	ask := t.user
	if t.o.App != nil {
		ask = t.bot
	}
	a, x, err := ask(ctx)
	if err != nil {
		return ticket.Account{}, x, err
	}
	if want := t.o.Identity; want != "" && want != a.ID && !same(want, a.Name) && !same(want+"[bot]", a.Name) {
		return ticket.Account{}, x, &ticket.Error{Decision: ticket.HoldTracker, Op: "identity",
			Message: fmt.Sprintf("the credential is that of %s (%s), not of %s", a.Name, a.ID, want),
			Hint:    "give the credential of the configured account, or change identity and list the old account in also_ours"}
	}
	t.mu.Lock()
	t.accounts[key] = a
	t.mu.Unlock()
	return a.Account, x, nil
}

func (t *Tracker) user(ctx context.Context) (account, *outbound.Exchange, error) {
	var got *gh.User
	x, err := t.call(ctx, "identity", scope{}, func(ctx context.Context, c *gh.Client) (err error) {
		got, _, err = c.Users.Get(ctx, "")
		return err
	})
	switch {
	case err != nil:
		return account{}, x, err
	case got.GetID() == 0 || got.GetLogin() == "":
		return account{}, x, unusable("identity", x, errors.New("the answer holds no user"))
	}
	id := strconv.FormatInt(got.GetID(), 10)
	return account{ticket.Account{ID: id, Name: got.GetLogin()}, id}, x, nil
}

func (t *Tracker) bot(ctx context.Context) (account, *outbound.Exchange, error) {
	var got *gh.App
	x, err := t.call(ctx, "identity", scope{}, func(ctx context.Context, c *gh.Client) (err error) {
		got, _, err = c.Apps.Get(ctx, "")
		return err
	})
	switch {
	case err != nil:
		return account{}, x, err
	case got.GetID() == 0 || got.GetSlug() == "":
		return account{}, x, unusable("identity", x, errors.New("the answer holds no app"))
	}
	login := got.GetSlug() + "[bot]"
	return account{ticket.Account{ID: "app/" + strconv.FormatInt(got.GetID(), 10), Name: login}, login}, x, nil
}

// know sees to it that the account of the present credential is known. It costs a call once.
func (t *Tracker) know(ctx context.Context) error {
	t.mu.Lock()
	_, known := t.accounts[t.credential.key()]
	t.mu.Unlock()
	if known {
		return nil
	}
	_, err := t.Identity(ctx)
	return err
}

// ours tells whether an author is our account, one that we were earlier in this process, or one that
// the configuration lists.
func (t *Tracker) ours(author *gh.User) bool {
	for _, name := range t.o.AlsoOurs {
		if isAccount(author, name) {
			return true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.accounts {
		if isAccount(author, a.author) {
			return true
		}
	}
	return false
}

// isAccount compares with a numeric id or a login. A number is never a login here: logins of digits
// exist, and one that equals somebody else's id would pass for them.
func isAccount(u *gh.User, name string) bool {
	if numberForm.MatchString(name) {
		return strconv.FormatInt(u.GetID(), 10) == name
	}
	return name != "" && same(u.GetLogin(), name)
}

// asApp performs a call with the App's own JWT instead of an installation's token.
func (t *Tracker) asApp(ctx context.Context, op string, do func(context.Context, *gh.Client) error) (*outbound.Exchange, error) {
	token, err := t.credential.token(ctx, scope{})
	if err != nil {
		return new(outbound.Exchange), err
	}
	return t.send(ctx, op, token, do)
}
