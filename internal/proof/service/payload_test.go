//go:build linux

package service_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// What /mnt holds in a container.
const (
	self        = "service.test"     // this program
	release     = "ticketd.deb"      // the package
	nextRelease = "ticketd-next.deb" // the same with another version
	nextVersion = "99.0.0"
)

// payload makes the folder that containers have as /mnt, once for all tests.
var payload = sync.OnceValues(func() (dir string, err error) { //nolint:gochecknoglobals // made once
	if dir, err = load(); err != nil {
		return "", err
	}
	root, err := project()
	if err != nil {
		return "", err
	}
	me, err := os.Executable()
	if err != nil {
		return "", err
	}
	err = errors.Join(
		copyFile(me, filepath.Join(dir, self), 0o755),
		copyFile(filepath.Join(root, "README.md"), filepath.Join(dir, "README.md"), 0o644),
		copyFile(filepath.Join("testdata", firstSchema), filepath.Join(dir, firstSchema), 0o644),
	)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(interrupted, "sh", "-c", standIn, "sh", root, dir, nextVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("making the packages: %w\n%s", err, out)
	}
	return dir, nil
})

const standIn = `set -e
root=$1; dist=$2; next=$3
cd "${HWT:-$root}"
for v in 1.0.0 "$next"; do
  t=$dist/tree-$v; mkdir -p $t/DEBIAN $t/usr/bin $t/usr/lib/systemd/system $t/usr/lib/sysusers.d $t/etc/ticketd
  CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$v" -o $t/usr/bin/ticketd ./cmd/ticketd
  cp $root/packaging/systemd/*.service $root/packaging/systemd/*.socket $t/usr/lib/systemd/system/
  cp $root/packaging/systemd/sysusers.conf $t/usr/lib/sysusers.d/ticketd.conf
  [ -z "$HPLAIN" ] || sed -i 's/^Type=notify/Type=exec/; /^Sockets=/d; /^WatchdogSec/d' $t/usr/lib/systemd/system/ticketd.service
  cp $root/packaging/ticketd.toml $t/etc/ticketd/ 2>/dev/null || echo '[server]' > $t/etc/ticketd/ticketd.toml
  echo /etc/ticketd/ticketd.toml > $t/DEBIAN/conffiles
  printf 'Package: ticketd\nVersion: %s\nArchitecture: amd64\nMaintainer: x <x@example.com>\nDescription: x\n' $v > $t/DEBIAN/control
  printf '#!/bin/sh\nset -e\nsystemd-sysusers ticketd.conf\nchgrp ticketd /etc/ticketd/ticketd.toml\nchmod 640 /etc/ticketd/ticketd.toml\nsystemctl daemon-reload\nsystemctl try-restart ticketd.service\n' > $t/DEBIAN/postinst
  chmod 755 $t/DEBIAN/postinst
  dpkg-deb -Znone --root-owner-group -b $t $dist/$v.deb
done
mv $dist/1.0.0.deb $dist/ticketd.deb; mv $dist/$next.deb $dist/ticketd-next.deb
`

// load gives the folder of the payload.
var load = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // made once
	return os.MkdirTemp("", name()+"-payload-")
})

// unload removes the payload, where there is one.
func unload() {
	if !*boot || *inside {
		return
	}
	if dir, err := load(); err == nil {
		_ = os.RemoveAll(dir) // a folder in the temporary one
	}
}

func copyFile(from, to string, mode os.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
