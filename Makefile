# `make` alone lists what can be made. Go and make are all that is needed; with a C compiler too, the
# tests run under the race detector.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
ARCH    ?= amd64 arm64
FUZZ    ?= 30s
SOAK    ?= 1h
# SQLite, translated from C, is not ours, and to watch it costs half of the time: its code is not looked into
# for races, nor that around it for pointer arithmetic.
RACE     = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race -gcflags='modernc.org/...=-d=checkptr=0' -gcflags='modernc.org/sqlite/lib=-race=false')
# Where things happen at once; elsewhere the race detector has nothing to find. What runs in a process of
# its own is not looked into.
CONCURRENT = ./store ./internal/apply ./internal/daemon ./internal/deliver ./internal/metrics ./internal/outbound ./internal/practice ./internal/pulse ./internal/receive ./internal/wake ./internal/web
LINT     = $(GO) tool -modfile=tools/go.mod golangci-lint

.DEFAULT_GOAL := help
.PHONY: help run build test test-systemd prove prove-long prove-slice soak fmt lint fuzz clean ci package package-check

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build ticketd and see it at work on two practice trackers
	bin/ticketd demo

build: ## build bin/ticketd, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/ticketd ./cmd/ticketd

# vet is one of the linters.
test: ## run every test; what happens at once runs a second time, without its longest tests, under the race detector
	CGO_ENABLED=0 $(GO) test -trimpath -vet=off -shuffle=on ./...
ifneq ($(RACE),)
	$(GO) test $(RACE) -vet=off -short -shuffle=on $(CONCURRENT)
else
	@echo 'No C compiler was found: not tested with the race detector.'
endif

test-systemd: ARCH := $(shell $(GO) env GOARCH)
test-systemd: package ## boot systemd in containers and put the installed package through its life there (as root; needs systemd-container)
	CGO_ENABLED=0 $(GO) test -trimpath ./internal/proof/service -count=1 -v -timeout 10m -parallel 4 -args -packages '$(CURDIR)/dist'

prove: ## prove the promises (half an hour) and write the figures into docs/reliability.md
	$(GO) run ./internal/prove -write docs/reliability.md

prove-long: ## the same for a release, for many hours
	$(GO) run ./internal/prove -long -write docs/reliability.md

prove-slice: ## the part of the proofs that the tests do not run: simulation at every crash point, ablations
	$(GO) run ./internal/prove -slice

soak: ## run the daemon under load and faults for SOAK (1h) and look for what grows
	$(GO) test -tags proof ./internal/proof/soak -run Soak -v -timeout 0 -args -for $(SOAK)

fmt: ## format the source
	$(LINT) fmt

lint: ## check format, style and common mistakes
	$(LINT) run

# go test -fuzz has the standard library watched for coverage too, which costs nearly all of the time
# (internal/prove/fuzz.go).
fuzz: ## fuzz every target for FUZZ (30s) each
	@grep -rHoE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' cmd internal mapping store | \
	while IFS=: read -r file target; do \
		echo "$$(dirname "$$file") $${target#func }"; \
		$(GO) test -gcflags=ticketd/...=-d=libfuzzer -v -run '^$$' -timeout 0 "./$$(dirname "$$file")" -args \
			-test.fuzz "^$${target#func }$$" -test.fuzztime $(FUZZ) -test.fuzzminimizetime 1x \
			-test.fuzzcachedir "$$($(GO) env GOCACHE)/fuzz/ticketd/$$(dirname "$$file")" </dev/null || exit 1; \
	done

package: ## build the packages for Debian and Red Hat into dist/ (ARCH=amd64 for one architecture alone)
	CGO_ENABLED=0 $(GO) run ./internal/pack -version '$(VERSION)' -arch '$(ARCH)'$(if $(MAINTAINER), -maintainer '$(MAINTAINER)')

package-check: ## look into the packages of dist/, and compile them again elsewhere: the same, byte for byte
	CGO_ENABLED=0 $(GO) test ./internal/pack -count=1 -timeout 20m -v -run Package -args -packages '$(CURDIR)/dist' -anew

clean: ## remove what was built
	rm -rf bin dist

ci: ## do what continuous integration does
	.ci/run
