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
	content func() string
}

// tokenFiles are those of a first configuration. What stands for a tracker's token is a placeholder
// that `ticketd check` knows as one.
func tokenFiles(i config.Initial) []tokenFile {
	files := []tokenFile{{config.InitialWebhook, newToken}}
	if i.JiraURL != "" {
		files = append(files, tokenFile{config.InitialJiraToken, func() string { return "replace-me-with-the-token-of-Jira\n" }})
	}
	if i.Repository != "" {
		files = append(files, tokenFile{config.InitialGitHubToken, func() string { return "replace-me-with-the-token-of-GitHub\n" }})
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
		fmt.Fprintf(&b, "wrote %s\n", i.File(name))
	}
	for _, file := range tokenFiles(i) {
		if !slices.Contains(made, file.name) {
			fmt.Fprintf(&b, "kept  %s, which was there\n", i.File(file.name))
		}
	}
	b.WriteString("\n1. Tokens. Put each into its file, in place of what is there:\n")
	if i.JiraURL != "" {
		fmt.Fprintf(&b, "   %s\n      %s\n", i.JiraFile(), jiraTokenAdvice(i))
	}
	if i.Repository != "" {
		fmt.Fprintf(&b, "   %s\n      a fine-grained token for %s with \"Issues: read and write\"\n", i.GitHubFile(), i.Repository)
	}
	fmt.Fprintf(&b, `
2. Data Theorem. In the portal's DevSecOps section add a webhook with
   Name                        ticketd
   URL                         https://YOUR-PROXY/webhook
                               (YOUR-PROXY speaks HTTPS and passes /webhook on to 127.0.0.1:8080)
   Authorization header value  what this prints:
                               echo "Bearer $(cat %[1]s)"

3. Run:
   ticketd check --config %[2]s
   ticketd doctor --config %[2]s
   ticketd serve --config %[2]s
`, shellWord(i.WebhookFile()), shellWord(i.File(config.InitialConfig)))
	return b.String()
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
