//go:build !proof

package deliver_test

import (
	"context"

	"ticketd/internal/proof"
)

// in: the product has no points, and does without nothing. A process dies at its calls only.
func in(ctx context.Context, _ func(proof.Point), _ ...proof.Mechanism) context.Context { return ctx }
