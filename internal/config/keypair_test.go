package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned makes a certificate that ends so long from now, and its key, both in PEM.
func selfSigned(t *testing.T, left time.Duration) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(left)
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tickets.example.com"}, DNSNames: []string{"tickets.example.com"},
		NotBefore: end.Add(-365 * 24 * time.Hour), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// pairFiles is a certificate and its key in files, and a configuration that names them.
type pairFiles struct{ certificate, key, text string }

func newPairFiles(t *testing.T, server string) pairFiles {
	t.Helper()
	folder := t.TempDir()
	f := pairFiles{certificate: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem")}
	f.text = "[server]\ntls_cert_file = '" + f.certificate + "'\ntls_key_file = '" + f.key + "'\n" + server +
		"\n[[server.token]]\nname = \"x\"\nvalue = \"b92e1d7cf3ea58649032d5e8c7fa146b\"\n[github.main]\ntoken = \"0d93b1a6e2c84f57a1b8\"\n" +
		"[[rule]]\ntracker = \"main\"\nrepository = \"a/b\"\n"
	return f
}

func (f pairFiles) write(t *testing.T, certificate, key string) {
	t.Helper()
	for _, name := range []string{f.certificate, f.key} {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	write(t, f.certificate, certificate, 0o644)
	write(t, f.key, key, 0o600)
}

func TestWithACertificateAPublicAddressNeedsNoProxy(t *testing.T) {
	for _, server := range []string{"listen = \"0.0.0.0:8443\"", "listen = \"0.0.0.0:8443\"\nbehind_proxy = true"} {
		f := newPairFiles(t, server)
		certificate, key := selfSigned(t, 90*24*time.Hour)
		f.write(t, certificate, key)
		c, problems := Parse("x.toml", []byte(f.text), nowhere)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		pair, err := c.Server.KeyPair.Load()
		if err != nil || pair.Leaf.Subject.CommonName != "tickets.example.com" {
			t.Errorf("loaded %v, %v", pair, err)
		}
	}
}

func TestACertificateThatEndsIsWarnedOf(t *testing.T) {
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]string{
		ExpiresSoon + day: "",
		ExpiresSoon - day: ", within 13 days (renew it;",
		day / 2:           ", within a day (renew it;",
		-day:              "the certificate has expired on ",
		366 * day:         "senders do not take it yet",
	} {
		f := newPairFiles(t, "")
		certificate, key := selfSigned(t, left)
		f.write(t, certificate, key)
		_, problems := Parse("x.toml", []byte(f.text), nowhere)
		if problems.Fatal() || len(problems) > 1 || (len(problems) == 0) != (want == "") || !strings.Contains(problems.String(), want) {
			t.Errorf("%v left: %v, want %q", left, problems, want)
		}
	}
}

func TestWhatIsWrongWithACertificateOrItsKeyIsTold(t *testing.T) {
	certificate, key := selfSigned(t, 90*24*time.Hour)
	other, otherKey := selfSigned(t, 90*24*time.Hour)
	for name, c := range map[string]struct{ certificate, key, want string }{
		"of another":      {certificate, otherKey, "tls_key_file: the key does not belong to the first certificate in "},
		"in wrong order":  {other + certificate, key, "(the server's own certificate comes first, then those that lead to its authority)"},
		"a key in both":   {certificate + key, key, "tls_cert_file: the file holds a private key, and others can read it"},
		"no certificate":  {key[:0] + "# nothing", key, "tls_cert_file: the file holds no certificate in PEM"},
		"cut off":         {certificate[:len(certificate)/2], key, "tls_cert_file: the file holds no certificate in PEM"},
		"broken":          {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), key, "tls_cert_file: a certificate in the file cannot be read"},
		"no key":          {certificate, certificate, "tls_key_file: the file holds no private key in PEM"},
		"an empty key":    {certificate, "\n", "tls_key_file: the file cannot be used: is empty"},
		"with passphrase": {certificate, string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})), "tls_key_file: the key needs a passphrase"},
		"no key at all":   {certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})), "tls_key_file: the key cannot be used: failed to parse private key"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPairFiles(t, "")
			f.write(t, c.certificate, c.key)
			_, problems := Parse("x.toml", []byte(f.text), nowhere)
			if len(problems) != 1 || !strings.Contains(problems.String(), c.want) {
				t.Errorf("got %v, want %q", problems, c.want)
			}
			if strings.Contains(problems.String(), strings.Split(key, "\n")[1]) {
				t.Error("a part of the key is told")
			}
		})
	}
}

func TestAKeyThatOthersCanReadIsRefused(t *testing.T) {
	f := newPairFiles(t, "plain_http = true")
	certificate, key := selfSigned(t, 90*24*time.Hour)
	f.write(t, certificate, key)
	_, problems := Parse("x.toml", []byte(f.text), nowhere)
	if len(problems) != 1 || !strings.Contains(problems.String(), "warning: server.plain_http: says nothing") {
		t.Errorf("got %v", problems)
	}
	if err := os.Chmod(f.key, 0o644); err != nil {
		t.Fatal(err)
	}
	_, problems = Parse("x.toml", []byte(f.text), nowhere)
	if !strings.Contains(problems.String(), "server.tls_key_file: the file cannot be used: others can read it (chmod 600)") {
		t.Errorf("got %v", problems)
	}
}

func TestWithoutSecretsTheKeyIsNotReadForACheck(t *testing.T) {
	f := newPairFiles(t, "")
	c, problems := ParseWithoutSecrets("x.toml", []byte(f.text), nowhere)
	if len(problems) > 0 || c.Server.KeyPair != nil {
		t.Errorf("got %v", problems)
	}
}
