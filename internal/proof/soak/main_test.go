package soak_test

import (
	"testing"

	"go.uber.org/goleak"

	"ticketd/internal/proof/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.Cleanup(program.Exit)) }
