package main

import "time"

// scale is how much is done.
type scale int

// The scales.
const (
	moment scale = iota // a bounded slice, for continuous integration
	usual               // minutes, for everybody
	hours               // for a release
)

// region is the name of the place in the document that holds the scale's table.
func (s scale) region() string {
	return [...]string{moment: "prove-slice", usual: "prove", hours: "prove-long"}[s]
}

// part is one proof: tests of a package, run with arguments for the scale.
type part struct {
	name    string
	pkg     string            // "" for the fuzz targets, which are everywhere
	run     string            // pattern of its tests
	args    [hours + 1]string // flags of its tests at each scale, separated by spaces
	slice   bool              // a part of the bounded slice; the others are a small part of `make test` already
	limit   time.Duration     // of the usual scale
	seconds [hours + 1]int    // for fuzzing: per target
}

func (p part) wanted(s scale) bool { return s != moment || p.slice }

// timeout is when a part is taken for hanging.
func (p part) timeout(s scale) time.Duration {
	if s == hours {
		return 48 * time.Hour
	}
	return p.limit
}

// parts gives all proofs.
func parts() []part {
	return []part{
		{
			name: "simulation", pkg: "./internal/deliver", run: "^TestEverySchedule|^TestSchedules", slice: true, limit: time.Hour,
			args: [...]string{moment: "-schedules 150", usual: "-schedules 10000", hours: "-schedules 1000000"},
		},
		{name: "ablations", pkg: "./internal/deliver", run: "Mechanism", slice: true, limit: 30 * time.Minute},
		{
			name: "kills", pkg: "./internal/proof/kills", run: ".", limit: time.Hour,
			args: [...]string{usual: "-kills 100 -passes 3", hours: "-kills 2000 -passes 20"},
		},
		{
			name: "disk", pkg: "./internal/proof/disk", run: ".", limit: 30 * time.Minute,
			args: [...]string{usual: "-states 5000", hours: "-states 100000"},
		},
		{
			name: "door", pkg: "./internal/proof/door", run: ".", limit: 15 * time.Minute,
			args: [...]string{usual: "-connections 1000 -slow 2000 -good 200", hours: "-connections 1000 -slow 2000 -good 2000"},
		},
		{
			name: "secrets", pkg: "./internal/proof/secrets", run: ".", limit: 30 * time.Minute,
			args: [...]string{usual: "-runs 7 -stride 11", hours: "-runs 39 -stride 1"},
		},
		{
			name: "outbound", pkg: "./internal/proof/outbound", run: ".", limit: 30 * time.Minute,
			args: [...]string{usual: "-step 7", hours: "-step 1"},
		},
		{
			name: "soak", pkg: "./internal/proof/soak", run: ".", limit: 30 * time.Minute,
			args: [...]string{usual: "-for 2m -rows 1000000", hours: "-for 8h -rows 1000000"},
		},
		{name: "fuzz", seconds: [...]int{moment: 2, usual: 30, hours: 3600}, limit: 2 * time.Minute},
	}
}
