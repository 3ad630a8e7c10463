package main

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"ticketd/internal/roff"
)

func TestAVersionIsOneForDebianAndForRPM(t *testing.T) {
	at := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	tests := []struct{ describe, want string }{
		{"v1.2.3", "1.2.3"},
		{"1.2.3", "1.2.3"},
		{"99.0.0", "99.0.0"},
		{"v1.2.3-dirty", "1.2.3+dirty"},
		{"v1.2.3-4-gabcdef0", "1.2.3+4.gabcdef0"},
		{"v1.2.3-4-gabcdef0-dirty", "1.2.3+4.gabcdef0+dirty"},
		{"v1.2.3-rc.1", "1.2.3~rc.1"},
		{"v1.2.3-rc.1-4-gabcdef0", "1.2.3~rc.1+4.gabcdef0"},
		{"v2.0.0-beta-2", "2.0.0~beta.2"},
		{"abcdef0", "0~20261123190000.gabcdef0"},
		{"1234567", "0~20261123190000.g1234567"},
		{"abcdef0-dirty", "0~20261123190000.gabcdef0+dirty"},
		{"unknown", "0~20261123190000.gunknown"},
		{"release/2026", "0~20261123190000.grelease.2026"},
	}
	valid := regexp.MustCompile(`^[0-9][A-Za-z0-9.+~]*$`) // deb-version(7) without a revision; RPM takes the same
	for _, tt := range tests {
		got := packageVersion(tt.describe, at)
		if got != tt.want || !valid.MatchString(got) {
			t.Errorf("%s is called %s, want %s", tt.describe, got, tt.want)
		}
	}
}

func TestDebianOrdersVersionsAsTheyWereBuilt(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("there is no dpkg here (Debian: dpkg)")
	}
	at := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	order := []string{
		packageVersion("ffffff0", at), packageVersion("abcdef0", at.Add(time.Second)), packageVersion("v0.1.0", at),
		packageVersion("v1.2.3-rc.1", at), packageVersion("v1.2.3-rc.1-4-gabcdef0", at), packageVersion("v1.2.3", at),
		packageVersion("v1.2.3-4-gabcdef0", at), packageVersion("v1.2.3-10-gabcdef0", at), packageVersion("v1.2.4-rc.1", at),
	}
	for i, earlier := range order[:len(order)-1] {
		if err := exec.CommandContext(t.Context(), dpkg, "--compare-versions", earlier, "lt", order[i+1]).Run(); err != nil {
			t.Errorf("%s does not come before %s: %v", earlier, order[i+1], err)
		}
	}
}

func TestAFolderHoldsPackagesOfOneVersion(t *testing.T) {
	b := builder{folder: t.TempDir(), version: "1.2"}
	for _, name := range []string{
		"ticketd_1.2_arm64.deb", "ticketd_1.2_arm64.cdx.json", "ticketd-1.2-1.aarch64.rpm", "notes",
		"ticketd_1.2.3_arm64.deb", "ticketd_1.2.3_arm64.cdx.json", "ticketd-1.2~rc.1-1.aarch64.rpm", "ticketd-1x2-1.aarch64.rpm",
	} {
		if err := os.WriteFile(filepath.Join(b.folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.clear(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(b.folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range left {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != "notes ticketd-1.2-1.aarch64.rpm ticketd_1.2_arm64.cdx.json ticketd_1.2_arm64.deb" {
		t.Errorf("left are %s", got)
	}
}

func materialsOf(t *testing.T, info *debug.BuildInfo) []byte {
	t.Helper()
	b := builder{stamp: "v1.2.3", commit: commit{time: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)}}
	text, err := b.materials(info, sha256.Sum256([]byte("a binary")))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheListOfMaterialsHasEveryModuleAndWhatItWasReplacedBy(t *testing.T) {
	const sum = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	info := &debug.BuildInfo{
		GoVersion: "go1.26.0", Main: debug.Module{Path: "ticketd"},
		Deps: []*debug.Module{
			{Path: "example.org/z", Version: "v2.0.0", Sum: sum},
			{Path: "example.org/a", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1", Sum: sum}},
		},
		Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}},
	}
	var list document
	if err := json.Unmarshal(materialsOf(t, info), &list); err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, part := range list.Components {
		refs = append(refs, part.PURL)
	}
	want := "pkg:golang/stdlib@1.26.0 pkg:golang/example.org/fork@v1.0.1 pkg:golang/example.org/z@v2.0.0"
	if got := strings.Join(refs, " "); got != want {
		t.Errorf("listed are %s, want %s", got, want)
	}
	if on := strings.Join(list.Dependencies[0].On, " "); list.Dependencies[0].Ref != "ticketd" || on != want {
		t.Errorf("%s is made of %s", list.Dependencies[0].Ref, on)
	}
	if empty := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; list.Components[1].Hashes[0].Content != empty {
		t.Errorf("the hash is %v", list.Components[1].Hashes)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(list.Serial) {
		t.Errorf("the serial number is %s", list.Serial)
	}
	if first, second := materialsOf(t, info), materialsOf(t, info); string(first) != string(second) {
		t.Error("two lists of one binary differ")
	}
}

func TestAModuleWithoutAHashIsNotListed(t *testing.T) {
	_, err := builder{}.materials(&debug.BuildInfo{Deps: []*debug.Module{{Path: "example.org/local", Version: "(devel)"}}}, [sha256.Size]byte{})
	if err == nil || !strings.Contains(err.Error(), "example.org/local") {
		t.Errorf("the error is %v", err)
	}
}

func TestTheManualOfTheConfigurationTellsEveryKeyOfTheExample(t *testing.T) {
	example, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	page := string(builder{stamp: "v1.2.3"}.manual(string(example)))
	shown := func(text string) string {
		p := roff.New(roff.Title{})
		before := p.String()
		p.Literal(text)
		return strings.Split(strings.TrimPrefix(p.String(), before), "\n")[3]
	}
	keys, tables := 0, 0
	for line := range strings.Lines(string(example)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || line == "#" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "["):
			tables++
			if !strings.Contains(page, ".SS \""+strings.NewReplacer(`"`, `\(dq`, "-", `\-`).Replace(line)+"\"\n") {
				t.Errorf("no heading is %s", line)
			}
		default:
			keys++
			if !strings.Contains(page, "\n"+shown(line)+"\n") {
				t.Errorf("no line is %s", line)
			}
		}
	}
	if keys < 80 || tables < 10 {
		t.Errorf("the example has %d keys and %d tables", keys, tables)
	}
	description, _, _ := strings.Cut(page, `.SH "KEYS"`)
	if !strings.Contains(description, "every key once") {
		t.Errorf("the description is\n%s", description)
	}
}

func TestAModuleWithoutALicenceIsAnError(t *testing.T) {
	if err := notice(nil, "example.org/a v1.0.0", t.TempDir()); err == nil || !strings.Contains(err.Error(), "example.org/a v1.0.0") {
		t.Errorf("the error is %v", err)
	}
}
