# pod-upgrade-trigger. `make` alone says what there is.
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
PROGRAM := bin/pod-upgrade-trigger.cjs
SOURCES := bin/build.mjs bin/pod-upgrade-trigger.ts $(shell find lib -name "*.ts") package.json

include units/install.mk units/packaging/release.mk

# All that is only for who works on it, and needs more programs than the build does: tests/needs has the list.
DEVELOPMENT := lint test fuzz e2e e2e-next e2e-old bench mutants demo release reproducible
$(DEVELOPMENT): needs
needs: ## the programs that development needs: root on a Debian gets what is missing, others are told
	@tests/needs $(filter $(DEVELOPMENT),$(MAKECMDGOALS))

build: $(PROGRAM) $(MAN) ## the program, in bin/, and its manual pages

node_modules: package.json package-lock.json $(if $(filter $(DEVELOPMENT),$(MAKECMDGOALS)),| needs)
	npm ci --ignore-scripts --no-fund --no-audit
	@touch node_modules

$(PROGRAM): $(SOURCES) | node_modules
	node bin/build.mjs
	rm -f bin/pod-upgrade-trigger
	printf '#!/bin/sh\nexec node "$${0%%/*}/pod-upgrade-trigger.cjs" "$$@"\n' >bin/pod-upgrade-trigger
	chmod 755 bin/pod-upgrade-trigger

clean: ## remove what build made
	rm -rf bin/pod-upgrade-trigger bin/*.cjs bin/*.wasm units/share/man dist

install install-spool install-user: build

lint: | node_modules ## types, lint and format
	node_modules/.bin/tsc -p .
	node_modules/.bin/biome check --error-on-warnings

# Where the last lines are all that is kept of a run, they name what failed in it.
SAY_WHAT_FAILED = { grep -r '^ *not ok' .tap/test-results; exit 1; }

# Root's end with what depends on who runs it, once more, as somebody who is not root.
OF_A_USER = tests/config/environment.test.ts $(patsubst %,tests/journeys/%.test.ts,doctor setup spool)
# Some alone: make test TESTS='tests/match.test.ts tests/verify.test.ts'
TESTS ?= $(shell find tests -name '*.test.ts' -not -path 'tests/lab/*')
test: lint build ## everything that needs no real host: decisions, adapters, the built program (five minutes on two processors)
	node_modules/.bin/tap run $(TESTS) || $(SAY_WHAT_FAILED)
	$(if $(filter file,$(origin TESTS)),test "$$(id -u)" != 0 || tests/as-nobody $(OF_A_USER))

fuzz: build ## 2,000 random byte streams into the program, for which `test` takes 100 (a minute)
	FUZZ_STREAMS=2000 node_modules/.bin/tap run tests/fuzz/stream.test.ts

# Most of a lab is waiting, so three hosts share a machine, the longest first; the burst has it to itself.
e2e: build ## real hosts: Debian 13, systemd, podman and a registry in systemd-nspawn (root only, a quarter of an hour)
	node_modules/.bin/tap run --timeout=1500 --jobs=1 tests/lab/burst.test.ts || $(SAY_WHAT_FAILED)
	node_modules/.bin/tap run --timeout=2400 --jobs=3 $$(ls -r tests/lab/*.test.ts | grep -v burst) || $(SAY_WHAT_FAILED)

# Where another systemd or podman differs is in how units are made, found, pulled for and put back.
OTHERS = host two-in-one kinds whose pull owner upgrade-rootful way-back-rootful way-back-rootless
e2e-next: build ## the same on Debian unstable, which has the newest systemd and podman (root only, half an hour)
	LAB_SUITE=sid node_modules/.bin/tap run --timeout=2400 --jobs=2 $(OTHERS:%=tests/lab/%.test.ts) || $(SAY_WHAT_FAILED)
e2e-old: build ## the same on Debian 12's systemd, the oldest that is supported (root only, half an hour)
	LAB_SUITE=bookworm node_modules/.bin/tap run --timeout=2400 --jobs=2 $(OTHERS:%=tests/lab/%.test.ts) || $(SAY_WHAT_FAILED)

# One part alone: make bench PART=start. webhook is a peer to compare with.
PART ?= start senders store peer burst upgrade flood
bench: build ## what a request costs, as ratios (root only, half an hour, on an idle machine)
	@missed=; for part in $(PART); do \
	  node --import=@tapjs/typescript/import tests/bench/$$part.ts || missed="$$missed $$part"; \
	done; test -z "$$missed" || { echo "promises not kept, or not measured:$$missed" >&2; exit 1; }

# units or journeys alone: make mutants OF=units. What is known of those that nothing notices is in tests/mutants/known.json.
OF ?= units journeys
mutants: build ## can the tests fail: the code changed in thousands of ways, which they have to notice (an hour on two processors)
	@low=; for of in $(OF); do \
	  nice -n 10 node --import=@tapjs/typescript/import tests/mutants/$$of.ts || low="$$low $$of"; \
	done; test -z "$$low" || { echo "the tests do not notice enough:$$low" >&2; exit 1; }

demo: build ## see it: a delivery becomes a running upgrade, and a bad image the way back (a minute or two)
	@if test "$$(fixtures/demo/where)" = host; then exec node fixtures/demo/demo.mjs; \
	else exec node --import=@tapjs/typescript/import tests/lab/demo.ts; fi
.PHONY: needs build clean lint test fuzz e2e e2e-next e2e-old bench mutants demo
