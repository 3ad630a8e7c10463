package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryMistakeIsReportedWithItsPlaceAndItsRemedy(t *testing.T) {
	env := environ(t, nil)
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 200 {
		t.Fatalf("found %d fixtures: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, problems := Parse(name+".toml", data, env)
			if len(problems) == 0 {
				t.Fatal("no problem was found")
			}
			golden(t, strings.TrimSuffix(file, ".toml")+".golden", problems.String()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
