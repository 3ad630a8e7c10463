//go:build linux

package service_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/internal/proof/program"
)

// What the README's operating chapter and the tests know the practice Jira by.
const (
	jiraHost  = "example.atlassian.net"
	jiraEmail = "ticketd@example.com"
	jiraToken = "the-token-of-the-practice-jira"
)

// site is what an operator has: a booted Debian, and a Jira at the address of the README. In there all is
// done as root.
type site struct {
	t    *testing.T
	jira *jiratest.Server
}

// newSite opens the practice Jira, on loopback, under the name and with the certificate of the real one.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, jira: jiratest.New(jiratest.Options{Email: jiraEmail, Token: jiraToken})}
	s.write("/etc/hosts", "127.0.0.1 localhost "+jiraHost+"\n", 0o644)
	s.serveTLS(s.jira)
	// Images of containers keep packages from starting anything by the first. The others cost time: the second has
	// man pages indexed, the third is every package of Debian, which apt reads each time.
	s.sh("rm -rf /usr/sbin/policy-rc.d /var/lib/man-db/auto-update /var/lib/apt/lists/*")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.try("systemctl status --no-pager ticketd.service ticketd.socket; journalctl --no-pager -n 60 -o cat -u ticketd.service; ticketd tickets list").out)
		}
	})
	return s
}

// serveTLS serves a handler as jiraHost, with a certificate that the system believes, until the end.
func (s *site) serveTLS(h http.Handler) {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(s.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: jiraHost}, DNSNames: []string{jiraHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(s.t, err)
	s.write("/etc/ssl/certs/practice.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644)
	listener, err := (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", "127.0.0.1:443")
	must(s.t, err)
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.ServeTLS(listener, "", "") }()
	s.t.Cleanup(func() { _ = server.Close(); <-served })
}

// write makes a file, whatever was there.
func (s *site) write(path, content string, mode os.FileMode) {
	s.t.Helper()
	must(s.t, os.WriteFile(path, []byte(content), mode))
	must(s.t, os.Chmod(path, mode))
}

// install installs the package, as dpkg does it for every front end.
func (s *site) install(deb string) {
	s.t.Helper()
	s.sh("dpkg --install /mnt/" + deb)
}

// configure writes a configuration and the credentials that belong to it. Waits of the protocol are shorter
// than an operator would have them; more is what else it says.
func (s *site) configure(more string) {
	s.t.Helper()
	s.write("/etc/ticketd/ticketd.toml", configuration+more, 0o640)
	s.sh("chgrp ticketd /etc/ticketd/ticketd.toml; install -d -m 700 /etc/credstore")
	s.write("/etc/credstore/ticketd.webhook-token", program.Token+"\n", 0o600)
	s.write("/etc/credstore/ticketd.jira-token", jiraToken+"\n", 0o600)
}

const configuration = `
[server]
listen = "127.0.0.1:8080"
[[server.token]]
name = "data-theorem"
value_file = "$CREDENTIALS_DIRECTORY/ticketd.webhook-token"
[store]
path = "` + database + `"
[deliver]
quiet_period = "2s"
[jira.security]
url = "https://` + jiraHost + `"
email = "` + jiraEmail + `"
token_file = "$CREDENTIALS_DIRECTORY/ticketd.jira-token"
min_interval = "1ms"
burst = 1000
per_hour = 1000000
[[rule]]
name = "everything"
tracker = "security"
project = "SEC"
`

const (
	database = "/var/lib/ticketd/ticketd.db"
	webhook  = "http://127.0.0.1:8080/webhook"
	admin    = "http://127.0.0.1:8081"
)

// start installs, configures and starts the service.
func (s *site) start() {
	s.t.Helper()
	s.install(release)
	s.configure("")
	s.sh("systemctl enable --now ticketd")
}
