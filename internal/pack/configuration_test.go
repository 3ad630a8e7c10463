package main

import (
	"flag"
	"os"
	"testing"

	"ticketd/internal/config"
)

var update = flag.Bool("update", false, "write packaging/ticketd.toml anew")

// `ticketd init --service` replaces this very text, and no other without being told to.
func TestThePackagedConfigurationIsTheOneThatInitReplaces(t *testing.T) {
	const name = "../../packaging/ticketd.toml"
	want, err := config.Initial{Service: true}.TOML()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what `ticketd init --service` takes for untouched; write it anew with `go test ./internal/pack -update`", name)
	}
}
