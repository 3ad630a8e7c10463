// Package samples holds example bodies of Data Theorem's webhook events: what its guide prints,
// byte for byte, and what had to be reconstructed. README.md grades each.
package samples

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed events
var files embed.FS

// Names lists the samples in alphabetical order, without the suffix ".json".
func Names() []string {
	entries, err := files.ReadDir("events")
	if err != nil {
		panic(fmt.Sprintf("samples: the embedded folder is not there: %v", err))
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return names
}

// Body gives the exact bytes of one sample, e.g. Body("API_SECURE__POLICY_VIOLATION_RESOLVED"). It
// panics on a name that [Names] does not list.
func Body(name string) []byte {
	body, err := files.ReadFile("events/" + name + ".json")
	if err != nil {
		panic(fmt.Sprintf("samples: no sample %q", name))
	}
	return body
}
