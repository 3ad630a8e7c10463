package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// commit is what the packages are built from.
type commit struct {
	hash string
	time time.Time
}

// lastCommit asks git for the commit that is checked out.
func lastCommit(ctx context.Context) (commit, error) {
	out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%H %ct").Output()
	if err != nil {
		return commit{}, fmt.Errorf("asking git: %w", err)
	}
	hash, when, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	seconds, err := strconv.ParseInt(when, 10, 64)
	if err != nil {
		return commit{}, fmt.Errorf("reading git's time of %s: %w", hash, err)
	}
	return commit{hash: hash, time: time.Unix(seconds, 0).UTC()}, nil
}

// packageVersion turns what `git describe --tags --always --dirty` tells into a version that Debian and
// RPM both take and order as they should: before a release its candidates, after it what was built from
// later commits. What no tag precedes has the time of its commit.
//
//	v1.2.3                 1.2.3
//	v1.2.3-rc.1            1.2.3~rc.1
//	v1.2.3-4-gabcdef0      1.2.3+4.gabcdef0
//	abcdef0                0~20261123190000.gabcdef0
//	…-dirty                …+dirty
func packageVersion(describe string, at time.Time) string {
	describe, dirty := strings.CutSuffix(describe, "-dirty")
	suffix := ""
	if dirty {
		suffix = "+dirty"
	}
	release := regexp.MustCompile(`^v?(\d+(?:\.\d+)*)(?:-(.+?))??(?:-(\d+)-(g[0-9a-f]+))?$`).FindStringSubmatch(describe)
	if release == nil || hash(describe) {
		return "0~" + at.Format("20060102150405") + ".g" + plain(describe) + suffix
	}
	version := release[1]
	if release[2] != "" {
		version += "~" + plain(release[2])
	}
	if release[3] != "" {
		version += "+" + release[3] + "." + release[4]
	}
	return version + suffix
}

// hash tells the short name of a commit from a version; it may be all digits.
func hash(describe string) bool { return regexp.MustCompile(`^[0-9a-f]{7,40}$`).MatchString(describe) }

// plain keeps what a version may have.
func plain(text string) string {
	return regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(text, ".")
}
