//go:build proof

package deliver_test

import (
	"context"

	"ticketd/internal/proof"
)

// in gives the context of a goroutine of a world: at is called at every point, and the mechanisms are
// left out.
func in(ctx context.Context, at func(proof.Point), without ...proof.Mechanism) context.Context {
	return proof.In(ctx, at, without...)
}
