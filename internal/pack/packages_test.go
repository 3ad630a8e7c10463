package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	packages = flag.String("packages", "", "folder of packages to look into")
	anew     = flag.Bool("anew", false, "compare them with packages for which everything is compiled again")
)

// built gives the packages that are to be looked into.
func built(t *testing.T, pattern string) []string {
	t.Helper()
	if *packages == "" {
		t.Skip("no packages to look into: `make package package-check`")
	}
	found, err := filepath.Glob(filepath.Join(*packages, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("%s has no %s: run `make package` first", *packages, pattern)
	}
	return found
}

// tool gives the path of a program that the test needs.
func tool(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s here (Debian: %s)", name, debian)
	}
	return path
}

// told runs a program, which must be well, and gives what it prints.
func told(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	out, err := c.Output()
	if err != nil {
		detail := ""
		if ended, ok := errors.AsType[*exec.ExitError](err); ok {
			detail = string(ended.Stderr)
		}
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, detail)
	}
	return string(out)
}

// packed is a file of a package.
type packed struct {
	tar.Header
	content []byte
}

// unpacked gives the files of a .deb by their names.
func unpacked(t *testing.T, deb string) map[string]packed {
	t.Helper()
	files := map[string]packed{}
	for r := tar.NewReader(strings.NewReader(told(t, "dpkg-deb", "--fsys-tarfile", deb))); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(strings.TrimPrefix(header.Name, "."), "/")] = packed{*header, content}
	}
}

// everywhere are files that both kinds of packages have, with their modes where these are not 0644.
func everywhere() map[string]int64 {
	return map[string]int64{
		"/usr/bin/ticketd": 0o755, "/etc/ticketd/ticketd.toml": 0o640,
		"/usr/lib/systemd/system/ticketd.service": 0, "/usr/lib/systemd/system/ticketd.socket": 0, "/usr/lib/sysusers.d/ticketd.conf": 0,
		"/usr/share/man/man1/ticketd.1.gz": 0, "/usr/share/man/man5/ticketd.toml.5.gz": 0,
		"/usr/share/bash-completion/completions/ticketd": 0, "/usr/share/fish/vendor_completions.d/ticketd.fish": 0,
		"/usr/share/doc/ticketd/README.md": 0, "/usr/share/doc/ticketd/docs/runbook.md": 0, "/usr/share/doc/ticketd/docs/mapping.md": 0,
		"/usr/share/doc/ticketd/config.example.toml": 0, "/usr/share/doc/ticketd/ticketd.schema.json": 0,
		"/usr/share/doc/ticketd/packaging/prometheus/alerts.yaml": 0, "/usr/share/doc/ticketd/packaging/grafana/ticketd.json": 0,
		"/usr/share/doc/ticketd/ticketd.cdx.json": 0, "/usr/share/doc/ticketd/third-party-notices.gz": 0,
	}
}

func TestADebianPackageHasItsFilesOfRootAndOfOneMoment(t *testing.T) {
	debs := built(t, "*.deb")
	tool(t, "dpkg-deb", "dpkg")
	for _, deb := range debs {
		files := unpacked(t, deb)
		want := everywhere()
		maps.Copy(want, map[string]int64{
			"/usr/share/zsh/vendor-completions/_ticketd": 0, "/usr/share/doc/ticketd/copyright": 0,
			"/usr/share/doc/ticketd/changelog.gz": 0, "/usr/share/lintian/overrides/ticketd": 0,
		})
		var moment time.Time
		for name, f := range files {
			if moment.IsZero() {
				moment = f.ModTime
			}
			group := "root"
			if name == "/etc/ticketd/ticketd.toml" {
				group = "ticketd"
			}
			switch {
			case f.Uname != "root" || f.Gname != group || f.Uid != 0 || f.Gid != 0:
				t.Errorf("%s: %s belongs to %s:%s", deb, name, f.Uname, f.Gname)
			case f.Mode&0o7022 != 0:
				t.Errorf("%s: %s has mode %o", deb, name, f.Mode)
			case !f.ModTime.Equal(moment):
				t.Errorf("%s: %s is of %v, others of %v", deb, name, f.ModTime, moment)
			}
		}
		for name, mode := range want {
			if mode == 0 {
				mode = 0o644
			}
			if f, there := files[name]; !there || f.Mode != mode || len(f.content) == 0 {
				t.Errorf("%s: %s is there: %v, with mode %o and %d bytes", deb, name, there, f.Mode, len(f.content))
			}
		}
		if conffiles := told(t, "dpkg-deb", "--info", deb, "conffiles"); conffiles != "/etc/ticketd/ticketd.toml\n" {
			t.Errorf("%s: the configuration files are %q", deb, conffiles)
		}
	}
}

func TestTheListOfMaterialsInAPackageIsThatOfItsBinary(t *testing.T) {
	debs := built(t, "*.deb")
	tool(t, "dpkg-deb", "dpkg")
	for _, deb := range debs {
		files := unpacked(t, deb)
		info, err := buildinfo.Read(bytes.NewReader(files["/usr/bin/ticketd"].content))
		if err != nil {
			t.Fatal(err)
		}
		var list document
		if err := json.Unmarshal(files["/usr/share/doc/ticketd/ticketd.cdx.json"].content, &list); err != nil {
			t.Fatal(err)
		}
		var listed []string
		for _, part := range list.Components {
			listed = append(listed, part.Name+" "+part.Version)
		}
		want := []string{"stdlib " + strings.TrimPrefix(info.GoVersion, "go")}
		for _, module := range linked(info) {
			want = append(want, module.Path+" "+module.Version)
		}
		if !slices.Equal(listed, want) {
			t.Errorf("%s: listed are\n%v\nlinked are\n%v", deb, listed, want)
		}
		notices := inflated(t, files["/usr/share/doc/ticketd/third-party-notices.gz"].content)
		for _, module := range want[1:] {
			if !strings.Contains(notices, "==== "+module+": ") {
				t.Errorf("%s: there is no licence of %s", deb, module)
			}
		}
		settings := map[string]string{}
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
		if settings["CGO_ENABLED"] != "0" || settings["-trimpath"] != "true" || settings["vcs.revision"] == "" {
			t.Errorf("%s: the binary was built with %v", deb, settings)
		}
	}
}

func TestThePagesInAPackageAreShownWithoutAFault(t *testing.T) {
	debs := built(t, "*.deb")
	tool(t, "dpkg-deb", "dpkg")
	man := tool(t, "man", "man-db")
	files := unpacked(t, debs[0])
	for name, shown := range map[string]string{
		"/usr/share/man/man1/ticketd.1.gz":      "ticketd tickets ignore <ticket> ... --reason=TEXT",
		"/usr/share/man/man5/ticketd.toml.5.gz": `path = "/var/lib/ticketd/ticketd.db"`,
	} {
		c := exec.CommandContext(t.Context(), man, "--warnings", "--encoding=UTF-8", "--local-file", "-")
		c.Env = append(c.Environ(), "MANWIDTH=100", "LC_ALL=C.UTF-8")
		c.Stdin = strings.NewReader(inflated(t, files[name].content))
		var out, complaints bytes.Buffer
		c.Stdout, c.Stderr = &out, &complaints
		if err := c.Run(); err != nil || complaints.Len() > 0 || !strings.Contains(out.String(), shown) {
			t.Errorf("%s: %v\n%s\n%s", name, err, complaints.String(), out.String())
		}
	}
}

func inflated(t *testing.T, text []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestLintianFindsNoFaultInAPackage(t *testing.T) {
	debs := built(t, "*.deb")
	lintian := tool(t, "lintian", "lintian")
	for _, deb := range debs {
		c := exec.CommandContext(t.Context(), lintian, "--allow-root", "--fail-on", "error,warning", deb)
		if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", deb, err, out)
		}
	}
}

func TestRPMReadsAPackage(t *testing.T) {
	rpms := built(t, "*.rpm")
	rpm := tool(t, "rpm", "rpm")
	for _, file := range rpms {
		about := told(t, rpm, "-qp", "--queryformat", "%{NAME} %{OS} %{LICENSE} %{BUILDHOST}\n[%{REQUIRES}\n]", file)
		if about != "ticketd linux Apache-2.0 localhost\nsystemd\nca-certificates\n" {
			t.Errorf("%s is %s", file, about)
		}
		listed := strings.Split(told(t, rpm, "-qp", "--queryformat", "[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILEFLAGS:fflags}\n]", file), "\n")
		want := everywhere()
		maps.Copy(want, map[string]int64{"/usr/share/zsh/site-functions/_ticketd": 0, "/usr/share/licenses/ticketd/LICENSE": 0})
		for name, mode := range want {
			line := name + " 100644 root root "
			switch {
			case mode == 0o640:
				line = name + " 100640 root ticketd cn"
			case mode == 0o755:
				line = name + " 100755 root root "
			case strings.HasSuffix(name, "/LICENSE"):
				line += "l"
			}
			if !slices.Contains(listed, line) {
				t.Errorf("%s: there is no %q in\n%s", file, line, strings.Join(listed, "\n"))
			}
		}
		scripts := told(t, rpm, "-qp", "--scripts", file)
		for _, script := range []string{"preinstall", "posttrans", "preuninstall", "postuninstall"} {
			if !strings.Contains(scripts, script+" scriptlet (using /bin/sh)") {
				t.Errorf("%s: there is no script %s in\n%s", file, script, scripts)
			}
		}
	}
}

// origin is where packages come from, as the binary beside them tells it.
type origin struct {
	Version  string
	Commit   string
	Modified bool
}

// The build cache makes the other build cheap: what was compiled is the same by its key, which without
// -trimpath would name the folder. It is linked, described and packed anew; -anew compiles it anew, too.
func TestPackagesOfAnotherFolderAreTheSame(t *testing.T) {
	debs := built(t, "*.deb")
	tool(t, "dpkg-deb", "dpkg")
	var from origin
	if err := json.Unmarshal([]byte(told(t, filepath.Join(*packages, "staged", runtime.GOARCH, "ticketd"), "version", "--json")), &from); err != nil {
		t.Fatal(err)
	}
	if from.Modified {
		t.Skip("the packages have changes that are in no commit: commit them and run `make package`")
	}
	if *anew {
		t.Setenv("GOCACHE", t.TempDir())
	}
	var archs []string
	for _, deb := range debs {
		archs = append(archs, strings.TrimSpace(told(t, "dpkg-deb", "--field", deb, "Architecture")))
	}
	clone := filepath.Join(t.TempDir(), "another folder")
	told(t, "sh", "-ec", `umask 077
		git clone --quiet --no-checkout "$1" "$2"; cd "$2"; git checkout --quiet "$3"
		go run ./internal/pack -version "$4" -arch "$5" -maintainer "$6"`,
		"sh", filepath.Join("..", ".."), clone, from.Commit, from.Version, strings.Join(archs, " "),
		strings.TrimSpace(told(t, "dpkg-deb", "--field", debs[0], "Maintainer")))
	first, other := packagesIn(t, *packages), packagesIn(t, filepath.Join(clone, "dist"))
	if len(first) != 3*len(debs) || len(other) != len(first) {
		t.Fatalf("one folder has %v, the other %v", slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(other)))
	}
	for name, text := range first {
		if other[name] != text {
			t.Errorf("%s has %d bytes in one folder and %d others in the other", name, len(text), len(other[name]))
		}
	}
}

// packagesIn reads the packages of a folder, by their names.
func packagesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "ticketd*"))
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[filepath.Base(file)] = string(text)
	}
	return content
}
