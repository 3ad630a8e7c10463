package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// ExpiresSoon is how long before the end of a certificate it is warned of: time enough to renew it by
// hand where what renews it has stopped.
const ExpiresSoon = 14 * 24 * time.Hour

// KeyPair is a certificate with its private key, in two files that may be replaced at any time: by
// others of their names, or by turning a link, as certbot and Kubernetes do.
type KeyPair struct {
	certificate *secretFile // is none, but may lie where the key does
	key         *secretFile
}

// Load reads both files anew. Its error names the file and what is wrong with it, and holds no part of
// the key. Files that do not belong together, as between the writing of one and of the other, are an
// error like any other.
func (p *KeyPair) Load() (*tls.Certificate, error) {
	public := false
	chain, err := readSmall(p.certificate.path, func(info fs.FileInfo) error {
		public = info.Mode()&0o077 != 0
		return nil
	})
	if err != nil {
		return nil, &pairError{certificateKey, p.certificate.path, "the file cannot be used: " + reason(err), p.certificate.remedy(err)}
	}
	if what, hint := misfit(chain, public); what != "" {
		return nil, &pairError{certificateKey, p.certificate.path, what, hint}
	}
	key, err := p.key.read()
	if err != nil {
		return nil, &pairError{privateKey, p.key.path, "the file cannot be used: " + reason(err), p.key.remedy(err)}
	}
	pair, err := tls.X509KeyPair(chain, []byte(key))
	if err != nil {
		what, hint := unpaired([]byte(key), err, p.certificate.path)
		return nil, &pairError{privateKey, p.key.path, what, hint}
	}
	return &pair, nil
}

// The keys of the two files.
const (
	certificateKey = "tls_cert_file"
	privateKey     = "tls_key_file"
)

// pairError tells what is wrong with one of the two files.
type pairError struct{ key, file, text, hint string }

// Error names the file.
func (e *pairError) Error() string {
	if e.hint == "" {
		return fmt.Sprintf("%s %s: %s", e.key, e.file, e.text)
	}
	return fmt.Sprintf("%s %s: %s (%s)", e.key, e.file, e.text, e.hint)
}

// misfit tells what is wrong with a file of certificates, "" where nothing is, and what to do. public
// says that others can read it.
func misfit(chain []byte, public bool) (what, hint string) {
	found := false
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case isKey(block) && public:
			return "the file holds a private key, and others can read it", "chmod 600, or leave the key to tls_key_file"
		case block.Type != "CERTIFICATE":
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "a certificate in the file cannot be read: " + strings.TrimPrefix(err.Error(), "x509: "), ""
		}
		found = true
	}
	if !found {
		return "the file holds no certificate in PEM", `it begins with "-----BEGIN CERTIFICATE-----"`
	}
	return "", ""
}

func isKey(block *pem.Block) bool { return strings.HasSuffix(block.Type, "PRIVATE KEY") }

// unpaired tells what is wrong with the key of a certificate that is well, and what to do.
func unpaired(key []byte, cause error, certificate string) (what, hint string) {
	block, rest := pem.Decode(key)
	for block != nil && !isKey(block) {
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return "the file holds no private key in PEM", `it begins with "-----BEGIN PRIVATE KEY-----"`
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return "the key needs a passphrase", "openssl pkey -in OLD -out NEW writes one without"
	case strings.Contains(cause.Error(), "does not match"):
		return "the key does not belong to the first certificate in " + certificate,
			"the server's own certificate comes first, then those that lead to its authority"
	default:
		return "the key cannot be used: " + strings.TrimPrefix(cause.Error(), "tls: "), ""
	}
}

// keyPair checks the certificate and its key.
func (k checker) keyPair(s *Server) {
	certificate, key := []string{"server", certificateKey}, []string{"server", privateKey}
	switch {
	case k.misread("server.tls_cert_file") || k.misread("server.tls_key_file"):
		return
	case !k.has(certificate...) && !k.has(key...):
		return
	case !k.has(key...):
		k.problem(certificate, "stands there without tls_key_file", "add the file of its private key")
		return
	case !k.has(certificate...):
		k.problem(key, "stands there without tls_cert_file", "add the file of its certificate")
		return
	case k.withoutSecrets:
		return
	}
	chain, ok := k.expand(certificate, s.TLSCertFile)
	private, found := k.expand(key, s.TLSKeyFile)
	if !ok || !found {
		return
	}
	pair := &KeyPair{certificate: chain, key: private}
	loaded, err := pair.Load()
	if wrong, ok := errors.AsType[*pairError](err); ok {
		k.problem([]string{"server", wrong.key}, wrong.text, wrong.hint)
		return
	}
	k.term(certificate, loaded.Leaf, time.Now())
	s.KeyPair = pair
}

// term warns of a certificate that senders will not take, or not for long. It is no mistake: what renews
// certificates may only be about to.
func (k checker) term(at []string, c *x509.Certificate, now time.Time) {
	const hint = "renew it; ticketd takes up new files by itself, but for those in $" + credentialsVariable + ", which need a restart"
	switch left := c.NotAfter.Sub(now); {
	case now.Before(c.NotBefore):
		k.warning(at, "the certificate holds from "+c.NotBefore.UTC().Format(time.RFC3339)+" on: senders do not take it yet", "check the clock, or wait")
	case left <= 0:
		k.warning(at, "the certificate has expired on "+c.NotAfter.UTC().Format(time.DateOnly)+": senders do not take it", hint)
	case left < ExpiresSoon:
		k.warning(at, "the certificate expires on "+c.NotAfter.UTC().Format(time.DateOnly)+", "+soon(left), hint)
	}
}

// soon says how soon something is, in days.
func soon(left time.Duration) string {
	days := left/(24*time.Hour) + 1
	if days == 1 {
		return "within a day"
	}
	return fmt.Sprintf("within %d days", days)
}
