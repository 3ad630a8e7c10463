//go:build !proof

package proof

import "context"

// Enabled tells whether this is a build for proofs.
const Enabled = false

// At is a point at which a build for proofs may die.
func At(context.Context, Point) {}

// Without tells whether a build for proofs does without a mechanism.
func Without(context.Context, Mechanism) bool { return false }
