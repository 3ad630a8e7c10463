package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
)

// complete asks for the answers that the flags do not give, where there is somebody to ask.
func (k *initCommand) complete(p *program) error {
	ask := asker{out: p.stderr, in: bufio.NewReader(p.stdin), live: interactive(p.stdin)}
	if k.Jira == "" && k.GitHub == "" {
		ask.optional(&k.Jira, "Address of your Jira, such as https://example.atlassian.net (empty for GitHub)")
	}
	if k.Jira == "" && k.GitHub == "" {
		ask.needed(&k.GitHub, "Repository on github.com (OWNER/REPO)", "--jira URL or --github OWNER/REPO")
	}
	if k.Jira != "" && k.Project == "" {
		ask.needed(&k.Project, "Key of the Jira project, such as SEC", "--project KEY")
	}
	if cloud(k.Jira) && k.Email == "" {
		ask.needed(&k.Email, "E-mail address of ticketd's account in Jira", "--email ADDRESS")
	}
	switch {
	case ask.err != nil:
		return fmt.Errorf("asking: %w", ask.err)
	case len(ask.missing) > 0:
		return usage(errors.New("missing: "+strings.Join(ask.missing, " and ")), "see `ticketd init --help`")
	}
	return nil
}

// cloud tells whether a Jira wants to know whose a token is.
func cloud(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasSuffix(strings.ToLower(u.Hostname()), ".atlassian.net")
}

// interactive tells whether answers may come from a person. /dev/null looks like a terminal; its end
// is no answer.
func interactive(stdin io.Reader) bool {
	f, ok := stdin.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// asker asks a person, or notes what it would have asked.
type asker struct {
	out     io.Writer
	in      *bufio.Reader
	live    bool
	missing []string // flags that would have answered
	err     error
}

func (a *asker) optional(answer *string, question string) {
	if !a.live || a.err != nil {
		return
	}
	if _, a.err = fmt.Fprint(a.out, question+": "); a.err != nil {
		return
	}
	line, err := a.in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		a.live = false // nobody is there any more
		_, err = fmt.Fprintln(a.out)
	}
	a.err = err
	*answer = strings.TrimSpace(line)
}

// needed asks once, and notes the flag where no answer came.
func (a *asker) needed(answer *string, question, flag string) {
	a.optional(answer, question)
	if *answer == "" {
		a.missing = append(a.missing, flag)
	}
}
