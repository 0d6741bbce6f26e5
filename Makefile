# pod-upgrade-trigger. `make` alone says what there is.
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
PROGRAM := bin/pod-upgrade-trigger.cjs
SOURCES := bin/build.mjs bin/pod-upgrade-trigger.ts $(shell find lib -name "*.ts") package.json

help: ## what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

build: $(PROGRAM) ## the program, in bin/

node_modules: package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch node_modules

$(PROGRAM): $(SOURCES) | node_modules
	node bin/build.mjs
	ln -sf pod-upgrade-trigger.cjs bin/pod-upgrade-trigger

clean: ## remove what build made
	rm -f bin/pod-upgrade-trigger bin/*.cjs bin/*.wasm



# --- Where things land. DESTDIR is for packages; NODE is the absolute path the units start. ---
DESTDIR ?=
PREFIX ?= /usr/local
NODE ?= $(shell command -v node)
LIBDIR := $(PREFIX)/lib/pod-upgrade-trigger
UNITDIR := $(PREFIX)/lib/systemd/system
CONFDIR := /etc/pod-upgrade-trigger
USER_PREFIX ?= $(HOME)/.local
USER_LIBDIR := $(USER_PREFIX)/lib/pod-upgrade-trigger
USER_UNITDIR := $(USER_PREFIX)/share/systemd/user
USER_CONFDIR := $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/pod-upgrade-trigger
USER_STATEDIR := $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/pod-upgrade-trigger

# $(call install_units,ROOT,LIBDIR,UNITDIR,CONFDIR,a directory of units/)
define install_units
	cd units/$(5) && for unit in $$(find . -type f); do mkdir -p "$(1)$(3)/$${unit%/*}" && \
	  sed -e 's|@NODE@|$(NODE)|g; s|@LIBDIR@|$(2)|g; s|@CONFDIR@|$(4)|g; s|@STATEDIR@|$(USER_STATEDIR)|g' "$$unit" > "$(1)$(3)/$$unit" || exit; done
endef

# $(call install_files,ROOT,LIBDIR,BINDIR,UNITDIR,CONFDIR,system|user)
define install_files
	install -D -m 755 bin/pod-upgrade-trigger.cjs '$(1)$(2)/pod-upgrade-trigger.cjs'
	install -m 644 $(filter-out $(PROGRAM),$(wildcard bin/*.cjs)) bin/node-sqlite3-wasm.wasm '$(1)$(2)/'
	install -d '$(1)$(3)' '$(1)$(4)'
	ln -sf '$(2)/pod-upgrade-trigger.cjs' '$(1)$(3)/pod-upgrade-trigger'
	install -m 644 units/pod-upgrade-trigger.socket units/pod-upgrade-trigger.timer '$(1)$(4)/'
	$(call install_units,$(1),$(2),$(4),$(5),$(6))
	install -d -m 700 '$(1)$(5)'
	test -e '$(1)$(5)/env' || install -m 600 env.template '$(1)$(5)/env'
endef

install: build ## for the system manager: containers that root runs
	$(call install_files,$(DESTDIR),$(LIBDIR),$(PREFIX)/bin,$(UNITDIR),$(CONFDIR),system)
	$(if $(DESTDIR),,systemctl daemon-reload)
	@echo 'Next: edit $(CONFDIR)/env, then: systemctl enable --now pod-upgrade-trigger.socket pod-upgrade-trigger.timer'

install-spool: install ## as install, for hosts open to the internet: a request reaches neither systemd nor podman
	$(call install_units,$(DESTDIR),$(LIBDIR),$(UNITDIR),$(CONFDIR),spool)
	$(if $(DESTDIR),,systemctl daemon-reload)

install-user: build ## for your own user manager: rootless containers
	$(call install_files,,$(USER_LIBDIR),$(USER_PREFIX)/bin,$(USER_UNITDIR),$(USER_CONFDIR),user)
	install -d -m 700 '$(USER_STATEDIR)' # the sandbox of a request lets it write there, and not make it
	systemctl --user daemon-reload
	@echo 'Next: edit $(USER_CONFDIR)/env, then: loginctl enable-linger; systemctl --user enable --now pod-upgrade-trigger.socket pod-upgrade-trigger.timer'

lint: | node_modules ## types, lint and format
	node_modules/.bin/tsc -p .
	node_modules/.bin/biome check --error-on-warnings

test: lint build ## everything that needs no real host: decisions, adapters, the built program (seven minutes on two processors)
	node_modules/.bin/tap run $$(find tests -name '*.test.ts' -not -path 'tests/lab/*')

fuzz: build ## 2,000 random byte streams into the program, for which `test` takes 100 (five minutes)
	FUZZ_STREAMS=2000 node_modules/.bin/tap run tests/fuzz/stream.test.ts

# Most of a lab is waiting, so three hosts share a machine, the longest first; the burst has it to itself.
e2e: build ## real hosts: Debian 13, systemd, podman and a registry in systemd-nspawn (root only, a quarter of an hour)
	node_modules/.bin/tap run --timeout=1500 --jobs=1 tests/lab/burst.test.ts
	node_modules/.bin/tap run --timeout=1500 --jobs=3 $$(ls -r tests/lab/*.test.ts | grep -v burst)

# One part alone: make bench PART=start. Besides what e2e needs it wants python3, and webhook, a peer to compare with.
PART ?= start store peer burst upgrade
bench: build ## what a request costs, as ratios (root only, a quarter of an hour, on an idle machine)
	@missed=; for part in $(PART); do \
	  node --import=@tapjs/typescript/import tests/bench/$$part.ts || missed="$$missed $$part"; \
	done; test -z "$$missed" || { echo "promises not kept, or not measured:$$missed" >&2; exit 1; }

demo: build ## listen, send a signed delivery, show the answer, the event and the task
	fixtures/demo/demo.sh
.PHONY: help build clean install install-spool install-user lint test fuzz e2e bench demo
