package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set by the linker (-X main.version=v1.2.3) in a release, which can set only a variable.
// Nothing else changes it.
var version string

// versionCommand is `ticketd version`.
type versionCommand struct {
	output `embed:""`
}

// build is which ticketd this is; also what version prints as JSON.
type build struct {
	Version  string `json:"version"`  // "devel" for one that was never released
	Commit   string `json:"commit"`   // "" where it is not known
	Modified bool   `json:"modified"` // built from more than the commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // e.g. "linux/amd64"
}

// Run prints the version.
func (v *versionCommand) Run(p *program) error {
	b := readBuild()
	commit := b.Commit
	if b.Modified {
		commit += " (modified)"
	}
	return v.print(p.stdout, b, table(
		[]string{"version", b.Version},
		[]string{"commit", commit},
		[]string{"go", b.Go},
		[]string{"platform", b.Platform},
	))
}

func readBuild() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		b.Version = cmp.Or(b.Version, strings.Trim(info.Main.Version, "()"))
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Commit = setting.Value
			case "vcs.modified":
				b.Modified = setting.Value == "true"
			}
		}
	}
	b.Version = cmp.Or(b.Version, "devel")
	return b
}
