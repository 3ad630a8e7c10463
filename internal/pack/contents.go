package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// describe writes what a binary is made of: the list of its modules, and their licences.
func (b builder) describe(ctx context.Context, arch, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading what is in the binary: %w", err)
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading the binary: %w", err)
	}
	list, err := b.materials(info, sha256.Sum256(text))
	if err != nil {
		return err
	}
	if err := b.write(list, arch, "ticketd.cdx.json"); err != nil {
		return err
	}
	name := fmt.Sprintf("ticketd_%s_%s.cdx.json", b.version, arch)
	if err := os.WriteFile(filepath.Join(b.folder, name), list, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	notices, err := notices(ctx, linked(info))
	if err != nil {
		return err
	}
	return b.write(notices, arch, "third-party-notices")
}

// linked gives the modules in a binary besides its own, by path.
func linked(info *debug.BuildInfo) []*debug.Module {
	modules := make([]*debug.Module, len(info.Deps))
	for i, module := range info.Deps {
		modules[i] = cmp.Or(module.Replace, module)
	}
	slices.SortFunc(modules, func(a, b *debug.Module) int { return cmp.Compare(a.Path, b.Path) })
	return modules
}

// materials lists the modules of a binary in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), as
// `go version -m` tells them, Go's own library among them. Nothing in it depends on when it is written.
func (b builder) materials(info *debug.BuildInfo, digest [sha256.Size]byte) ([]byte, error) {
	self := component{
		Type: "application", Ref: "ticketd", Name: "ticketd", Version: b.stamp, PURL: "pkg:golang/" + info.Main.Path + "@" + b.stamp,
		Hashes: []fingerprint{{"SHA-256", hex.EncodeToString(digest[:])}},
	}
	for _, setting := range info.Settings {
		self.Properties = append(self.Properties, property{"go:build:" + setting.Key, setting.Value})
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	parts := []component{{
		Type: "library", Ref: "pkg:golang/stdlib@" + goVersion, Name: "stdlib", Version: goVersion, PURL: "pkg:golang/stdlib@" + goVersion,
	}}
	for _, module := range linked(info) {
		part, err := library(module)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	tree := dependency{Ref: self.Ref}
	for _, part := range parts {
		tree.On = append(tree.On, part.Ref)
	}
	text, err := json.MarshalIndent(document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Serial:       serial(digest),
		Metadata:     metadata{Timestamp: b.commit.time.Format("2006-01-02T15:04:05Z"), Component: self},
		Components:   parts,
		Dependencies: []dependency{tree},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the list of materials: %w", err)
	}
	return append(text, '\n'), nil
}

// library is a module. Its hash is the one of go.sum: the SHA-256 of the list of its files' hashes.
func library(m *debug.Module) (component, error) {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil || len(sum) != sha256.Size {
		return component{}, fmt.Errorf("the module %s has no hash of go.sum, but %q", m.Path, m.Sum)
	}
	return component{
		Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl,
		Hashes: []fingerprint{{"SHA-256", hex.EncodeToString(sum)}},
	}, nil
}

// serial names a list after its binary, in the form of a UUID of version 8 (RFC 9562: whatever its maker
// puts into it).
func serial(digest [sha256.Size]byte) string {
	id := digest[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// document is a CycloneDX document, as far as it is used here.
type document struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string        `json:"type"`
	Ref        string        `json:"bom-ref"`
	Name       string        `json:"name"`
	Version    string        `json:"version"`
	Hashes     []fingerprint `json:"hashes,omitempty"`
	PURL       string        `json:"purl"`
	Properties []property    `json:"properties,omitempty"`
}

type fingerprint struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}
