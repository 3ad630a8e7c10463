package config

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is in every secret of the tests that must never be seen.
const canary = "c4n4ry"

// environ gives an environment with the variables given and a CREDENTIALS_DIRECTORY that holds
// files for every case.
func environ(t *testing.T, variables map[string]string) func(string) (string, bool) {
	t.Helper()
	folder := credentials(t)
	return func(name string) (string, bool) {
		if name == credentialsVariable {
			return folder, true
		}
		value, ok := variables[name]
		return value, ok
	}
}

// appKey is the key of a GitHub App; only its form matters. It is made once, for that takes a while.
var appKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
})

func credentials(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"webhook-token": "a81f0c6be2d947538f21c4d7b6e9035a-" + canary + "\n",
		"jira-token":    "b92e1d7cf3ea58649032d5e8c7fa146b-" + canary + "\r\n",
		"github-token":  "c03f2e8d04fb697510e3f6f9d80b257c-" + canary,
		"app.pem":       appKey(),
		"empty":         "\n",
		"large":         strings.Repeat("0d93b1a6", maxSecret/8+1),
		"lines":         "0d93b1a6e2c84f57\na1b8c6d2e4f09375\n",
		"readable":      "0d93b1a6e2c84f57a1b8c6d2e4f09375\n",
	} {
		write(t, filepath.Join(folder, name), content, 0o400)
	}
	if err := os.Chmod(filepath.Join(folder, "readable"), 0o404); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func write(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}
