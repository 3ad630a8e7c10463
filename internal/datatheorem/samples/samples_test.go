package samples

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheVendorsOwnBodiesAreByteForByteAsPublished(t *testing.T) {
	for name, want := range map[string]string{
		"SETUP_PROBE":                           "a51dbc4dfc748d53",
		"API_SECURE__POLICY_VIOLATION_RESOLVED": "cc521dc5deb30b35",
		"MOBILE_SECURE__USER_CREATED":           "0da4a724ce6a1544",
		"MOBILE_SECURE__USER_DELETED":           "7c6f54a6e0c1fd85",
		"MOBILE_SECURE__USER_LOGIN_FAILED":      "7c7671e83c6175f5",
		"MOBILE_SECURE__USER_LOGIN_SUCCESSFUL":  "f3dbdb8207e67008",
	} {
		sum := sha256.Sum256(Body(name))
		if got := hex.EncodeToString(sum[:8]); got != want {
			t.Errorf("%s was changed: digest %s, want %s", name, got, want)
		}
	}
}

func TestEveryListedSampleHasABody(t *testing.T) {
	names := Names()
	if len(names) != 17 {
		t.Errorf("%d samples, want 17: %q", len(names), names)
	}
	for _, name := range names {
		if len(Body(name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
