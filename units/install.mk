# Where everything lands, and how it goes again. The Makefile of the repository includes this, and that of a release is
# this file alone: it needs Node, make and coreutils. Whatever is replaced is written beside and renamed, since a request
# may be starting just then. DESTDIR is for packages; NODE is the absolute path that the units and the command start.
help: ## what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

DESTDIR ?=
PREFIX ?= /usr/local
LIBDIR = $(PREFIX)/lib/pod-upgrade-trigger
# systemd looks for units below two prefixes alone; /etc can be written to where /usr cannot.
UNITDIR = $(if $(filter /usr /usr/local,$(PREFIX)),$(PREFIX)/lib,/etc)/systemd/system
# Some releases carry a Node, which is the one that is used unless NODE says another. It is in a bin/, because SELinux lets
# the manager start what is in one.
CARRIED = $(wildcard bin/node)
OWN_NODE = $(LIBDIR)/bin/node
NODE ?= $(if $(CARRIED),$(OWN_NODE),$(shell command -v node))
# Where that Node is before it is installed.
NODE_NOW = $(if $(filter $(OWN_NODE),$(NODE)),$(or $(CARRIED),$(NODE)),$(NODE))
CONFDIR = /etc/pod-upgrade-trigger
STATEDIR = /var/lib/pod-upgrade-trigger
STAMP = /var/lib/systemd/timers/stamp-pod-upgrade-trigger.timer
PINS = /etc/systemd/system
SYSTEMCTL = systemctl
UNITS = common system

# For a user's own manager. A package has other places (units/packaging/release.mk).
FOR_USER := install-user uninstall-user purge-user
$(FOR_USER): PREFIX = $(HOME)/.local
$(FOR_USER): UNITDIR = $(HOME)/.local/share/systemd/user
$(FOR_USER): CONFDIR = $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/pod-upgrade-trigger
$(FOR_USER): STATEDIR = $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/pod-upgrade-trigger
$(FOR_USER): STAMP = $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/systemd/timers/stamp-pod-upgrade-trigger.timer
$(FOR_USER): PINS = $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/systemd/user
$(FOR_USER): SYSTEMCTL = systemctl --user
$(FOR_USER): UNITS = common user
uninstall purge install-spool: UNITS = common system spool
purge: SPOOLED = $(foreach it,handler spool,/var/lib/pod-upgrade-trigger-$(it) /var/lib/private/pod-upgrade-trigger-$(it))

# Below PREFIX as they are below units/.
MANUAL := man1/pod-upgrade-trigger.1 man5/pod-upgrade-trigger.env.5 \
  $(patsubst %,man7/pod-upgrade-trigger-%.7,senders api upgrades internet)
SHARED := $(MANUAL:%=share/man/%) share/bash-completion/completions/pod-upgrade-trigger \
  share/zsh/site-functions/_pod-upgrade-trigger share/pod-upgrade-trigger/fail2ban.conf \
  share/pod-upgrade-trigger/prometheus.rules.yml share/pod-upgrade-trigger/github-deployment.sh
# Below PREFIX/share/doc they are all in one directory.
DOCDIR = $(PREFIX)/share/doc/pod-upgrade-trigger
DOCS := $(wildcard README.md CHANGELOG.md SECURITY.md units/doc/*.md)
# The program loads its parts one after another, and must find those that it was made with: they are in a directory that is
# named for what is in them, to which a link leads.
digest = $(shell LC_ALL=C sh -c 'cat $(1)' | sha256sum | cut -c1-12)
BUILD = $(call digest,bin/*.cjs bin/*.wasm)
LISTENING := pod-upgrade-trigger.socket pod-upgrade-trigger.timer pod-upgrade-trigger-spool.path

# $(call units_in,a directory of units/)
units_in = $(patsubst units/$(1)/%,%,$(filter-out %.d,$(wildcard units/$(1)/* units/$(1)/*/*)))

# $(call put,MODE,FILE,PLACE)
define put
	install -D -m $(1) '$(2)' '$(DESTDIR)$(3).new'
	mv -f '$(DESTDIR)$(3).new' '$(DESTDIR)$(3)'

endef

NODE_IS_FINE = const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor > 18) ? 0 : 1)
define require_node
	@'$(NODE_NOW)' -e '$(NODE_IS_FINE)' || { echo "Node 20.19 or newer is needed, and '$(NODE)' is none: install it, or say where it is with NODE=/path/to/node" >&2; exit 1; }
endef
# A script's first line ends there for older kernels, and an argument begins at a space.
define require_path
	@node='$(NODE)'; case $$node in (*[[:space:]]*) false ;; (/*) test $${#node} -le 125 ;; (*) false ;; esac || \
	  { echo "NODE has to be an absolute path of at most 125 characters, without a space: '$(NODE)'" >&2; exit 1; }
endef

# The build before stays until the next one, for requests that are under way.
define put_program
	$(if $(and $(CARRIED),$(filter $(OWN_NODE),$(NODE))),$(call put,755,$(CARRIED),$(NODE)))
	install -d '$(DESTDIR)$(LIBDIR)/$(BUILD)'
	@for it in bin/*.cjs bin/*.wasm; do at='$(DESTDIR)$(LIBDIR)/$(BUILD)'/$${it#bin/}; \
	  case $$it in (bin/pod-upgrade-trigger.cjs) install -m 755 /dev/null "$$at.new" && { echo '#!$(NODE)'; cat "$$it"; } >"$$at.new" ;; \
	  (*) install -m 644 "$$it" "$$at.new" ;; esac && mv -f "$$at.new" "$$at" || exit; done
	@lib='$(DESTDIR)$(LIBDIR)'; was=$$(readlink "$$lib/pod-upgrade-trigger.cjs"); was=$${was%/*}; \
	  ln -sfn $(BUILD)/pod-upgrade-trigger.cjs "$$lib/new" && mv -fT "$$lib/new" "$$lib/pod-upgrade-trigger.cjs" || exit; \
	  if test "$$was" = $(BUILD); then exit; fi; \
	  for it in "$$lib"/????????????; do case $$it in ("$$lib/$(BUILD)" | "$$lib/$$was") ;; (*) rm -rf "$$it" ;; esac; done
	install -d '$(DESTDIR)$(PREFIX)/bin'
	ln -sfn '$(LIBDIR)/pod-upgrade-trigger.cjs' '$(DESTDIR)$(PREFIX)/bin/pod-upgrade-trigger.new'
	mv -fT '$(DESTDIR)$(PREFIX)/bin/pod-upgrade-trigger.new' '$(DESTDIR)$(PREFIX)/bin/pod-upgrade-trigger'
endef

# A unit, with its @WORDS@ filled in. By node, because sed is not of the coreutils.
run_node = $(or $(shell command -v node),'$(NODE_NOW)')
FILL_IN = process.stdout.write(require("fs").readFileSync(0, "utf8").replace(/@([A-Z]+)@/g, (_, word) => process.env[word]))
# systemd 252 and 253 start no user's service with PrivateDevices= and its like but for this (systemd.exec(5)).
USERS = $(if $(DESTDIR),,$(shell case "$$(systemctl --version 2>&1 | head -n 1 | cut -d ' ' -f 2)" in (252 | 253) echo PrivateUsers=yes ;; esac))
fill_in = USERS='$(USERS)' NODE='$(NODE)' LIBDIR='$(LIBDIR)' CONFDIR='$(CONFDIR)' STATEDIR='$(STATEDIR)' $(run_node) -e '$(FILL_IN)'
# $(call put_unit,DIRECTORY,UNIT)
define put_unit
	install -D -m 644 /dev/null '$(DESTDIR)$(UNITDIR)/$(2).new'
	@$(fill_in) <'units/$(1)/$(2)' >'$(DESTDIR)$(UNITDIR)/$(2).new'
	mv -f '$(DESTDIR)$(UNITDIR)/$(2).new' '$(DESTDIR)$(UNITDIR)/$(2)'

endef
put_units = $(foreach directory,$(UNITS),$(foreach unit,$(call units_in,$(directory)),$(call put_unit,$(directory),$(unit))))

# The pages, without pictures, and with links that lead to where the others are then.
LINK = const fs = require("fs"), { basename, join } = require("path"); const [to, ...pages] = process.argv.slice(1); process.umask(0o022); \
  const link = text => text.replace(/^!.*\n\n/gm, "").replace("](../../env.template)", "](../../pod-upgrade-trigger/env.template)").replace(/]\((units\/doc|..\/..(\/fixtures)?)\/(?!pod-)/g, "]("); \
  for (const page of pages) { const at = join(to, basename(page)); fs.writeFileSync(at + ".new", link(fs.readFileSync(page, "utf8"))); fs.renameSync(at + ".new", at) }
define put_pages
	install -d '$(DESTDIR)$(DOCDIR)'
	@$(run_node) -e '$(LINK)' '$(DESTDIR)$(DOCDIR)' $(DOCS)
	$(call put,644,fixtures/openapi.json,$(DOCDIR)/openapi.json)
endef

# The program before its units: an older unit can start a newer program.
define put_all
	$(if $(DESTDIR),,$(require_node))
	$(require_path)
	$(put_program)
	$(put_units)
	$(foreach file,$(SHARED),$(call put,644,units/$(file),$(PREFIX)/$(file)))
	$(call put,644,env.template,$(PREFIX)/share/pod-upgrade-trigger/env.template)
	$(put_pages)
	install -d -m 700 '$(DESTDIR)$(CONFDIR)'
	test -e '$(DESTDIR)$(CONFDIR)/env' || install -m 600 env.template '$(DESTDIR)$(CONFDIR)/env'
	$(if $(DESTDIR),,$(SYSTEMCTL) daemon-reload)
endef

install: ## for the system manager: containers that root runs
	$(put_all)
	@echo 'Next: $(PREFIX)/bin/pod-upgrade-trigger setup'

install-spool: ## as install, for hosts open to the internet: a request reaches neither systemd nor podman
	$(put_all)
	@echo 'Next: $(PREFIX)/bin/pod-upgrade-trigger setup'

install-user: ## for your own user manager: rootless containers
	$(put_all)
	@echo 'Next: $(PREFIX)/bin/pod-upgrade-trigger setup'

define newline


endef

# Requests and tasks that run have read all they need, and come to their end. Directories that others use too stay, and
# so does a drop-in without which a unit would run the image that it was rolled back from.
define take_away
	@$(if $(DESTDIR),,for unit in $(LISTENING); do test ! -e '$(UNITDIR)'/$$unit || $(SYSTEMCTL) disable --now $$unit || exit; done)
	$(if $(DESTDIR),,$(SYSTEMCTL) stop 'pod-upgrade-trigger-aftercare-*.timer' 'pod-upgrade-trigger-window-*.timer')
	$(foreach directory,$(UNITS),$(foreach unit,$(call units_in,$(directory)),rm -f '$(DESTDIR)$(UNITDIR)/$(unit)'$(newline)	))
	for drop_ins in '$(DESTDIR)$(UNITDIR)'/pod-upgrade-trigger*.d; do test ! -d "$$drop_ins" || rmdir --ignore-fail-on-non-empty "$$drop_ins" || exit; done
	rm -f '$(DESTDIR)$(PREFIX)/bin/pod-upgrade-trigger' $(foreach file,$(SHARED),'$(DESTDIR)$(PREFIX)/$(file)')
	rm -rf '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(PREFIX)/share/pod-upgrade-trigger' '$(DESTDIR)$(DOCDIR)'
	$(if $(DESTDIR),,$(SYSTEMCTL) daemon-reload)
	$(if $(DESTDIR),,$(SYSTEMCTL) reset-failed 'pod-upgrade-trigger*')
	@for ready in '$(DESTDIR)$(PINS)'/*.d/'$(PIN).ready'; do test ! -e "$$ready" || rm -f "$$ready"; done
	@for pin in '$(DESTDIR)$(PINS)'/*.d/'$(PIN)'; do \
	  test ! -e "$$pin" || echo "Left: $$pin keeps a unit on its old image; to follow the tag again, remove it, systemctl daemon-reload, restart"; done
endef
PIN := ~~pod-upgrade-trigger.conf

# The names that we gave to images, but for those that a unit is pinned to; an image goes with its last name, if no container
# has it. `--filter reference=` would list every name of such an image, and `untag` without a name takes all of them.
define forget
	rm -rf '$(DESTDIR)$(CONFDIR)' '$(DESTDIR)$(STATEDIR)' '$(DESTDIR)$(STAMP)' $(foreach it,$(SPOOLED),'$(DESTDIR)$(it)')
	@$(if $(DESTDIR),,pins=$$(cat '$(PINS)'/*.d/'$(PIN)' 2>/dev/null || true); \
	  podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' 2>/dev/null | while read -r name id; do \
	  case $$name in (localhost/pod-upgrade-trigger/*) ;; (*) continue ;; esac; id=$${id#sha256:}; \
	  case $$pins in (*"$$id"*) echo "Left: $$name, which a unit is kept on"; continue ;; esac; \
	  podman untag "$$id" "$$name" || continue; \
	  test "$$(podman image inspect --format '{{.RepoTags}}' "$$id")" != '[]' || podman image rm "$$id" >/dev/null || echo "Left: image $$id is in use"; done)
endef

uninstall: ## take away what install and install-spool put; the configuration and the state stay
	$(take_away)
	@echo 'Left: the configuration in $(CONFDIR) and the state in $(STATEDIR); make purge removes them'

uninstall-user: ## take away what install-user put; the configuration and the state stay
	$(take_away)
	@echo 'Left: the configuration in $(CONFDIR) and the state in $(STATEDIR); make purge-user removes them'

purge: ## uninstall, and remove the configuration, secrets and all, and the record of what was done
	$(take_away)
	$(forget)
	@echo 'Removed: also the configuration in $(CONFDIR) and the state in $(STATEDIR)'

purge-user: ## uninstall-user, and remove the configuration, secrets and all, and the record of what was done
	$(take_away)
	$(forget)
	@echo 'Removed: also the configuration in $(CONFDIR) and the state in $(STATEDIR)'
.PHONY: help install install-spool install-user uninstall uninstall-user purge purge-user
