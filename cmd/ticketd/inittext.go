package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"ticketd/internal/config"
)

// tokenFile is a file that holds a token, or will.
type tokenFile struct {
	name    string
	content func() string // nil: it is not made; who has the token makes it
}

// tokenFiles are those of a first configuration. What stands for a tracker's token is a placeholder
// that `ticketd check` knows as one; of a service, the file is missing, which `check` tells as well.
func tokenFiles(i config.Initial) []tokenFile {
	placeholder := func(tracker string) func() string {
		if i.Service {
			return nil
		}
		return func() string { return "replace-me-with-the-token-of-" + tracker + "\n" }
	}
	files := []tokenFile{{config.InitialWebhook, newToken}}
	if i.JiraURL != "" {
		files = append(files, tokenFile{config.InitialJiraToken, placeholder("Jira")})
	}
	if i.Repository != "" {
		files = append(files, tokenFile{config.InitialGitHubToken, placeholder("GitHub")})
	}
	return files
}

// newToken makes a secret of 32 random bytes.
func newToken() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	return hex.EncodeToString(secret[:]) + "\n"
}

// welcome says what was made and what to do with it.
func welcome(i config.Initial, made []string) string {
	var b strings.Builder
	for _, name := range made {
		path := i.SecretFile(name)
		if name == config.InitialConfig {
			path = i.ConfigFile()
		}
		fmt.Fprintf(&b, "wrote %s\n", path)
	}
	for _, file := range tokenFiles(i) {
		if file.content != nil && !slices.Contains(made, file.name) {
			fmt.Fprintf(&b, "kept  %s, which was there\n", i.SecretFile(file.name))
		}
	}
	if i.Service {
		serviceSteps(&b, i)
	} else {
		steps(&b, i)
	}
	return b.String()
}

// steps are what is left to do for who runs ticketd by hand.
func steps(b *strings.Builder, i config.Initial) {
	b.WriteString("\n1. Tokens. Put each into its file, in place of what is there:\n")
	for _, t := range trackerTokens(i) {
		fmt.Fprintf(b, "   %s\n      %s\n", i.SecretFile(t.file), t.advice)
	}
	b.WriteString("\n2. Data Theorem. ")
	portal(b, fmt.Sprintf(`echo "Bearer $(cat %s)"`, shellWord(i.SecretFile(config.InitialWebhook))))
	fmt.Fprintf(b, `
3. Run:
   ticketd check --config %[1]s
   ticketd doctor --config %[1]s
   ticketd serve --config %[1]s
`, shellWord(i.ConfigFile()))
}

// serviceSteps are what is left to do for who has systemd run ticketd.
func serviceSteps(b *strings.Builder, i config.Initial) {
	b.WriteString("\n1. Tokens. Each of these asks for one (paste it, then Enter and Ctrl-D) and keeps it for root alone:\n")
	for _, t := range trackerTokens(i) {
		fmt.Fprintf(b, "   sudo sh -c 'umask 077; cat > %s'\n      %s\n", i.SecretFile(t.file), t.advice)
	}
	b.WriteString(`
2. Check, and start:
   sudo ticketd check
   sudo ticketd doctor
   sudo systemctl enable --now ticketd

3. Data Theorem. `)
	portal(b, fmt.Sprintf(`sudo sh -c 'echo "Bearer $(cat %s)"'`, i.SecretFile(config.InitialWebhook)))
}

// portal says what to enter there; show prints the token.
func portal(b *strings.Builder, show string) {
	fmt.Fprintf(b, `In the portal's DevSecOps section add a webhook with
   Name                        ticketd
   URL                         https://YOUR-PROXY/webhook
                               (YOUR-PROXY speaks HTTPS and passes /webhook on to 127.0.0.1:8080)
   Authorization header value  what this prints:
                               %s
`, show)
}

// trackerToken is a token that a person has to fetch.
type trackerToken struct{ file, advice string }

func trackerTokens(i config.Initial) (all []trackerToken) {
	if i.JiraURL != "" {
		all = append(all, trackerToken{config.InitialJiraToken, jiraTokenAdvice(i)})
	}
	if i.Repository != "" {
		all = append(all, trackerToken{config.InitialGitHubToken,
			fmt.Sprintf("a fine-grained token for %s with \"Issues: read and write\"", i.Repository)})
	}
	return all
}

func jiraTokenAdvice(i config.Initial) string {
	if i.Email == "" {
		return "a personal access token of ticketd's account (Profile > Personal access tokens)"
	}
	return "an API token of " + i.Email + " (Account settings > Security > API tokens)"
}

// shellWord writes a path so that a shell takes it as one word.
func shellWord(path string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%"
	if strings.Trim(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
