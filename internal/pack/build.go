package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// nfpm makes the packages. Run by its version, it is no dependency of ours.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2"

// builder builds packages of one version.
type builder struct {
	out        io.Writer
	folder     string // for what is built
	stamp      string // version as the binary tells it
	version    string // version as packages call it
	commit     commit
	maintainer string
}

// file gives how a package of a format is called by custom.
func (b builder) file(format, arch string) (string, error) {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]
	if machine == "" {
		return "", errors.New("there are packages for amd64 and arm64 alone")
	}
	switch format {
	case "deb":
		return fmt.Sprintf("ticketd_%s_%s.deb", b.version, arch), nil
	case "rpm":
		return fmt.Sprintf("ticketd-%s-1.%s.rpm", b.version, machine), nil
	}
	return "", fmt.Errorf("%s: there are packages of the formats deb and rpm alone", format)
}

// build builds the binary for an architecture, then the packages of it.
func (b builder) build(ctx context.Context, arch string, formats []string) error {
	files := map[string]string{} // by format; a mistake is told before anything is built
	for _, format := range formats {
		file, err := b.file(format, arch)
		if err != nil {
			return err
		}
		files[format] = file
	}
	binary := b.staged(arch, "ticketd")
	if err := b.compile(ctx, arch, binary); err != nil {
		return err
	}
	if err := b.describe(ctx, arch, binary); err != nil {
		return err
	}
	for _, format := range formats {
		target := filepath.Join(b.folder, files[format])
		c := exec.CommandContext(ctx, "go", "run", nfpm, "package", "-f", "packaging/nfpm.yaml", "-p", format, "-t", target)
		c.Env = append(c.Environ(), b.environment()...)
		c.Env = append(c.Env, "ARCH="+arch, "STAGED="+b.staged(arch))
		if err := b.execute(c); err != nil {
			return fmt.Errorf("packing %s: %w", files[format], err)
		}
		if _, err := fmt.Fprintln(b.out, target); err != nil {
			return err
		}
	}
	return nil
}

// environment is what packaging/nfpm.yaml asks for. Nothing in a package is younger than its commit.
func (b builder) environment() []string {
	return []string{
		"VERSION=" + b.version, "MAINTAINER=" + b.maintainer, "SHARE=" + b.staged("share"),
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(b.commit.time.Unix(), 10),
	}
}

// staged names a file that goes into packages.
func (b builder) staged(name ...string) string {
	return filepath.Join(append([]string{b.folder, "staged"}, name...)...)
}

// compile builds ticketd: static, without the paths of this machine, and without what a debugger needs.
// The instructions are those that every machine of its kind has.
func (b builder) compile(ctx context.Context, arch, binary string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=true",
		"-ldflags", "-s -w -X main.version="+b.stamp, "-o", binary, "./cmd/ticketd")
	c.Env = append(c.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off")
	if err := b.execute(c); err != nil {
		return fmt.Errorf("building: %w", err)
	}
	return nil
}

// share writes what all architectures have in common, most of it told by a ticketd that runs here.
func (b builder) share(ctx context.Context) error {
	ours := b.staged(runtime.GOARCH, "ticketd")
	if err := b.compile(ctx, runtime.GOARCH, ours); err != nil {
		return err
	}
	for name, command := range map[string]string{
		"ticketd.1": "man", "ticketd.bash": "completion bash", "_ticketd": "completion zsh", "ticketd.fish": "completion fish",
		"ticketd.schema.json": "schema",
	} {
		text, err := exec.CommandContext(ctx, ours, strings.Fields(command)...).Output()
		if err != nil {
			return fmt.Errorf("asking ticketd %s: %w", command, err)
		}
		if err := b.write(text, "share", name); err != nil {
			return err
		}
	}
	example, err := os.ReadFile("config.example.toml")
	if err != nil {
		return fmt.Errorf("reading the example of a configuration: %w", err)
	}
	if err := b.write(b.manual(string(example)), "share", "ticketd.toml.5"); err != nil {
		return err
	}
	return b.write(b.changelog(), "share", "changelog")
}

// execute runs a command whose output is shown where it fails.
func (b builder) execute(c *exec.Cmd) error {
	text, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, text)
	}
	return nil
}
