package secrets

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
)

// canary makes a text that stands nowhere by chance, good as any secret of the configuration.
func canary(name string) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // it never fails
	return "cnry-" + strings.ReplaceAll(name, ".", "-") + "-" + hex.EncodeToString(random)
}

// secret makes a canary and has it looked for.
func (s *searcher) secret(name, ending string) string {
	text := canary(name)
	s.add(name, text[len("cnry-"):])
	return text + ending
}

// privateKey makes the key of a GitHub App and has lines of it looked for.
func (s *searcher) privateKey(t *testing.T, name string) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	lines := strings.Split(text, "\n")
	for _, line := range lines[2 : len(lines)-3] {
		s.add(name, line)
	}
	return key, text
}
