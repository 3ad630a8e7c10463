//go:build linux

package service_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// container is a systemd that booted in namespaces of its own, on this machine's own files: what is written
// goes into memory, and there is no network but loopback.
type container struct {
	leader int // the process id that its process 1 has out here
}

// enter begins a container as the process that it becomes: in control groups of its own, and on a mount of
// the root folder that nobody else sees and that is gone with it. Its words are the mount, the groups, "--",
// and what is to run.
const enter = `set -e
root=$1; shift
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift
mount --bind / "$root"
exec "$@"`

// bootContainer boots a container that shows a folder as /mnt. It is gone after the test.
func bootContainer(t *testing.T, show string) *container {
	t.Helper()
	must(t, interrupted.Err())
	for _, tool := range []string{"systemd-nspawn", "nsenter", "dpkg"} { // who asked for containers wants no test that was skipped
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends systemd-container", err)
		}
	}
	begin := time.Now()
	dir, err := os.MkdirTemp("", name()+"-") //nolint:usetesting // that of the test has a name too long for a socket
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	root := filepath.Join(dir, "root")
	must(t, os.Mkdir(root, 0o700))
	groups := makeGroups(t, filepath.Base(dir))
	said, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	must(t, err)
	defer func() { _ = said.Close() }() // it closes early where the container does not come up

	words := append([]string{"-c", enter, "sh", root}, groups...)
	words = append(words, "--", "systemd-nspawn", "--quiet", "--directory="+root, "--machine=ticketd", "--volatile=overlay", "--boot",
		"--register=no", "--keep-unit", "--private-network", "--console=pipe", "--notify-ready=yes", "--link-journal=no",
		"--resolv-conf=off", "--timezone=off", "--bind-ro="+show+":/mnt",
		"systemd.unit=basic.target") // services that this machine happens to have do not matter
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", words...)
	cmd.Env = append(cmd.Environ(), "NOTIFY_SOCKET="+said.LocalAddr().String())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true, Unshareflags: syscall.CLONE_NEWNS,
		Pdeathsig: syscall.SIGTERM, // on which it halts the container
	}
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	must(t, cmd.Start())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = cmd.Wait() // it ends by being killed
		_ = said.Close()
	}()
	c := new(container)
	t.Cleanup(func() {
		c.kill(cmd.Process.Pid)
		<-over
		removeGroups(t, groups)
	})
	if err := c.await(said); err != nil {
		c.kill(cmd.Process.Pid)
		<-over
		t.Fatalf("no system came up: %v\n%s", err, console.Bytes())
	}
	t.Logf("booted in %v", time.Since(begin).Round(time.Millisecond))
	return c
}

// await waits until process 1 of the container says that it is up.
func (c *container) await(said *net.UnixConn) error {
	if err := said.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	for up, message := false, make([]byte, 4096); !up || c.leader == 0; {
		n, err := said.Read(message)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(message[:n])) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch key {
			case "READY":
				up = value == "1"
			case "X_NSPAWN_LEADER_PID":
				if c.leader, err = strconv.Atoi(value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// kill ends all of a container: process 1 takes the others with it, and systemd-nspawn ends after it.
func (c *container) kill(nspawn int) {
	if c.leader == 0 {
		_ = syscall.Kill(nspawn, syscall.SIGKILL) // it may have ended by itself
		return
	}
	_ = syscall.Kill(c.leader, syscall.SIGKILL)
}

// run runs a command as the container's root and gives what it says.
func (c *container) run(line ...string) (string, error) {
	words := []string{
		"--target", strconv.Itoa(c.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
		"env", "--ignore-environment", "--chdir=/root", "HOME=/root", "USER=root", "LANG=C.UTF-8", "TMPDIR=/tmp",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}
	cmd := exec.CommandContext(interrupted, "nsenter", append(words, line...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}
