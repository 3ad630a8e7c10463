//go:build !proof

package proof

import (
	"context"
	"time"
)

// Enabled tells whether this is a build for proofs.
const Enabled = false

// At is a point at which a build for proofs may die.
func At(context.Context, Point) {}

// Without tells whether a build for proofs does without a mechanism.
func Without(context.Context, Mechanism) bool { return false }

// Shorten gives the time after which something is forgotten: d.
func Shorten(d time.Duration) time.Duration { return d }

// Patience gives the time for which one who makes no progress is waited for: d.
func Patience(d time.Duration) time.Duration { return d }

// Hasten gives the wait that a build for proofs may shorten: d.
func Hasten(d time.Duration) time.Duration { return d }
