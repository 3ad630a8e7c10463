package mapping

import (
	"net/url"
	"strings"

	"ticketd/internal/ticket"
)

// portal holds the hosts that a link from a finding may lead to, in lower case.
type portal []string

// vet gives the URL in normal form when it may be followed: https, one of the hosts or a subdomain
// of one, and neither user nor port in it, which could make it look like another.
func (p portal) vet(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || u.Opaque != "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	for _, allowed := range p {
		if host == allowed || strings.HasSuffix(host, "."+allowed) {
			return u.String(), true
		}
	}
	return "", false
}

// link shows text as a link where the URL may be followed, else the text with the URL, if any,
// beside it in fixed width.
func (p portal) link(text, raw string) []ticket.Span {
	if vetted, ok := p.vet(raw); ok {
		return []ticket.Span{{Kind: ticket.Link, Text: text, URL: vetted}}
	}
	if raw == "" {
		return ticket.Text(text)
	}
	return []ticket.Span{{Text: text + " "}, {Kind: ticket.Mono, Text: raw}}
}
