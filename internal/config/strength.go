package config

import "strings"

// Lengths of a secret in characters: less than the first is refused, less than the second warned of.
const (
	shortestSecret = 16
	goodSecret     = 32
)

// placeholder tells whether a secret is what manuals, ours and Data Theorem's, print where one belongs.
func placeholder(secret string) bool {
	secret = strings.ToLower(secret)
	for _, p := range [...]string{"changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me",
		"placeholder", "example", "your-", "your_", "yourtoken", "insert-", "123456abcde", "password", "xxxxxxxx", "<", "..."} {
		if strings.Contains(secret, p) {
			return true
		}
	}
	return len(secret) >= shortestSecret && few(secret)
}

// strong reports a secret that is none. Nothing of it is shown. ours says that the secret was made
// for ticketd, so that a longer one could be asked for; others come from a tracker.
func (k checker) strong(at []string, secret string, ours bool) bool {
	subject, remedy := "", "openssl rand -hex 32 makes a good one"
	if !ours {
		remedy = "put the whole token there as the tracker showed it"
	}
	if strings.HasSuffix(at[len(at)-1], "_file") {
		subject = "the secret in the file "
	}
	switch {
	case secret == "":
		k.problem(at, subject+"is empty", "")
	case placeholder(secret):
		k.problem(at, subject+"is a placeholder", remedy)
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		k.problem(at, subject+"holds a space, a line break or a character that no header can carry", "put nothing but the secret there")
	case len(secret) < shortestSecret:
		k.problem(at, subject+"is shorter than 16 characters", remedy)
	case ours && len(secret) < goodSecret:
		k.warning(at, subject+"is shorter than 32 characters", remedy)
		return true
	default:
		return true
	}
	return false
}

// few tells whether a secret has fewer than five different characters.
func few(secret string) bool {
	seen := map[rune]bool{}
	for _, r := range secret {
		seen[r] = true
	}
	return len(seen) < 5
}
