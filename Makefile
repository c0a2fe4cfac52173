# Launchpad. `make run` to look at it, `make test` to be sure of it.

BIN      := bin/launchpad
VERSION  ?= $(shell git describe --tags --always 2>/dev/null || echo development)
LDFLAGS  := -s -w -X launchpad/internal/cli.Version=$(VERSION)
FUZZTIME ?= 3s
BUILD    := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'

.PHONY: build run test nightly bench size crash power faults races nodes feed rotation import guess guess-small fuzz install check unit race e2e documents clean

build:
	$(BUILD) -o $(BIN) ./cmd/launchpad

# The demo: sample people, apps and API on an embedded database.
run: build
	$(BIN) demo

# Everything that has to hold, on both engines; half an hour on two cores. Installs what it needs, if it may.
test:
	@for step in install check unit race e2e crash power faults races nodes feed rotation import guess-small; do \
		began=$$(date +%s); $(MAKE) --no-print-directory $$step || exit 1; \
		echo "make test: $$step took $$(($$(date +%s) - began)) s"; \
	done
	@echo "make test: all passed"

install:
	scripts/install.sh

check:
	test -z "$$(gofmt -l cmd conformance docs bench e2e examples internal oauth resource spec)" || { gofmt -l cmd conformance docs bench e2e examples internal oauth resource spec; exit 1; }
	! git grep -nE '^(<<<<<<<|>>>>>>>) '
	go vet ./...
	go test -count=1 ./spec ./internal/manual/... ./internal/config ./internal/web ./internal/doctor

# The documents that are made from the code; a test finds them old.
documents:
	go generate ./internal/manual
	go run ./spec
	go run ./cmd/launchpad config manual >docs/config.md
	go run ./cmd/launchpad doctor manual >docs/doctor.md

# Tests on SQLite and on a throw-away PostgreSQL.
unit:
	scripts/with-postgres.sh go test -count=1 -timeout 20m ./...

# The same where goroutines meet, under the race detector: the rooms, on SQLite, where more of the goroutines are ours. Nightly
# everything, on both.
race:
	go test -count=1 -race ./internal/cli ./internal/fetch ./internal/journal ./internal/meter ./internal/store ./internal/events ./internal/uses ./internal/access ./internal/apps ./internal/token ./internal/secret ./internal/limit ./internal/clientauth ./internal/sunset ./internal/feed ./internal/gateway ./internal/keys ./resource

# Every fuzz target; their seeds and findings run with the unit tests.
fuzz:
	scripts/fuzz.sh $(FUZZTIME)

# Real client libraries and a real browser.
e2e:
	e2e/run.sh

# kill -9 under load: nothing acknowledged may be lost.
CYCLES ?= 20
crash:
	go run ./bench/crash -cycles $(CYCLES)

# Power cuts under load, on a file system that forgets what was not synced; needs /dev/fuse.
CUTS ?= 8
power:
	go run ./bench/power -cycles $(CUTS)

# Each fsync fails, and each STRIDE-th write finds the disk full, on the way through the main flows.
STRIDE ?= 40
faults:
	go run ./bench/faults -stride $(STRIDE)

races:
	scripts/with-postgres.sh sh -c 'go run ./bench/races -n 300 -parallel 8 && go run ./bench/races -n 300 -parallel 8 -database "$$LAUNCHPAD_TEST_POSTGRES"'

# An attack on the sign-in, and refreshes beside it.
guess:
	go run ./bench/guess

guess-small:
	go run ./bench/guess -guesses 1000 -people 50 -addresses 50 -pairs 50 -storm 6s -noisy

# Two nodes over one database: revocations, disturbed lines, stopped processes.
nodes:
	scripts/with-postgres.sh sh -c 'go run ./bench/nodes -n 200 -rounds 1 -database "$$LAUNCHPAD_TEST_POSTGRES"'

# How soon the library refuses what was revoked: one process, and two nodes.
REVOCATIONS ?= 200
feed:
	scripts/with-postgres.sh sh -c 'go run ./bench/feed -n $(REVOCATIONS) && go run ./bench/feed -n $(REVOCATIONS) -database "$$LAUNCHPAD_TEST_POSTGRES"'

# Every key replaced again and again under load: nothing good may be refused.
rotation:
	scripts/with-postgres.sh sh -c 'go run ./bench/rotation -rotations 3 -revocations 3 && go run ./bench/rotation -rotations 3 -revocations 3 -database "$$LAUNCHPAD_TEST_POSTGRES"'

# A real Doorkeeper moves, on every engine that it can be on; and many tokens come, also from an import that is killed.
TOKENS ?= 10000
import:
	scripts/with-mariadb.sh scripts/with-postgres.sh go test -count=1 ./internal/importer
	scripts/with-postgres.sh sh -c 'go run ./e2e/doorkeeper -source "$$LAUNCHPAD_TEST_POSTGRES" && go run ./e2e/doorkeeper -source "$$LAUNCHPAD_TEST_POSTGRES" -database "$$LAUNCHPAD_TEST_POSTGRES"'
	go run ./bench/import -tokens $(TOKENS)

# What takes too long for every change: about three hours on two cores.
nightly: install
	$(MAKE) fuzz FUZZTIME=1m
	$(MAKE) crash CYCLES=300
	$(MAKE) power CUTS=300
	$(MAKE) faults STRIDE=1
	go run ./bench/rotation -rotations 20
	FSYNC=on scripts/with-postgres.sh sh -c 'go run ./bench/crash -cycles 100 -database "$$LAUNCHPAD_TEST_POSTGRES"'
	scripts/with-postgres.sh sh -c 'go run ./bench/races -n 100 -stopped 1000 -database "$$LAUNCHPAD_TEST_POSTGRES"'
	FSYNC=on scripts/with-postgres.sh sh -c 'go run ./bench/nodes -n 10000 -rounds 10 -database "$$LAUNCHPAD_TEST_POSTGRES"'
	scripts/with-postgres.sh sh -c 'DATABASE=$$LAUNCHPAD_TEST_POSTGRES e2e/run.sh'
	e2e/run.sh nightly
	$(MAKE) guess
	$(MAKE) import TOKENS=100000
	scripts/with-postgres.sh sh -c 'go run ./bench/import -source "$$LAUNCHPAD_TEST_POSTGRES" -database "$$LAUNCHPAD_TEST_POSTGRES"'
	$(MAKE) feed REVOCATIONS=1000
	go run ./bench -only proxy,proxy_jwt,forward_auth
	go test -count=1 -timeout 30m -run GW16 ./conformance -calls 1000000
	scripts/with-postgres.sh go test -count=2 -race -timeout 60m ./...

# Figures for docs/performance.md.
bench:
	go run ./bench

size:
	go run ./bench -size

clean:
	rm -rf bin e2e/shots
