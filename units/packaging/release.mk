# A release: the tarball, the Debian package, what is in them (SBOM) and their checksums. The same bytes from the same
# commit, wherever and whenever they are made: nothing in them comes from the clock, the umask or the directory.
DIST ?= dist
NAME := pod-upgrade-trigger-$(VERSION)
DEB := pod-upgrade-trigger_$(VERSION)_all.deb
MAN := units/share/man/man1/pod-upgrade-trigger.1
# The time of every file: of the last commit, or where there is no git, of the changelog.
SOURCE_DATE_EPOCH ?= $(or $(if $(wildcard .git),$(shell git log -1 --format=%ct)),$(shell date -u -d '$(CHANGED)' +%s))
CHANGED = $(shell sed -n 's/^## $(VERSION) (\(.*\))$$/\1/p' CHANGELOG.md)

$(MAN): README.md CHANGELOG.md package.json units/packaging/man.js $(PROGRAM) | node_modules
	mkdir -p $(@D)
	node units/packaging/man.js >$@.new
	mv $@.new $@

release: tarball deb sbom ## tarball, Debian package, SBOM and checksums, in dist/
	cd $(DIST) && sha256sum $(NAME).tar.gz $(DEB) $(NAME).cdx.json >SHA256SUMS

reproducible: ## build the last commit twice, in two places, and compare the bytes (a minute)
	units/packaging/reproducible.sh

tarball: build
	@test -n '$(CHANGED)' || { echo 'CHANGELOG.md says nothing of $(VERSION): add "## $(VERSION) (date)"' >&2; exit 1; }
	rm -rf $(DIST)/$(NAME)
	mkdir -p $(DIST)/$(NAME)
	cp -r --parents bin/*.cjs bin/*.wasm units env.template \
	  fixtures/openapi.json README.md CHANGELOG.md LICENSE $(DIST)/$(NAME)
	mv $(DIST)/$(NAME)/units/install.mk $(DIST)/$(NAME)/Makefile
	rm -r $(DIST)/$(NAME)/units/packaging
	node units/packaging/notices.js >$(DIST)/$(NAME)/THIRD-PARTY-NOTICES
	tar -C $(DIST) --sort=name --mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner --mode=u+rw,a+rX,go-w,a-s \
	  --format=gnu -c $(NAME) | gzip -9n >$(DIST)/$(NAME).tar.gz

sbom: | node_modules
	mkdir -p $(DIST)
	node units/packaging/sbom.js $(SOURCE_DATE_EPOCH) >$(DIST)/$(NAME).cdx.json

# --- The Debian package: what install puts, below /usr, for both managers. ---
STAGE = $(abspath $(DIST))/deb
deb deb-system deb-user deb-spool: DESTDIR = $(STAGE)
deb deb-system deb-user deb-spool: PREFIX = /usr
deb deb-system deb-user deb-spool: NODE = /usr/bin/node
# dpkg takes the directory before away at once. A part may be newer than the one that loads it, but SQLite's two may not.
deb-system: BUILD = $(call digest,bin/node-sqlite3-wasm.*)
deb-user: UNITS = common user
deb-user: UNITDIR = /usr/lib/systemd/user
deb-user: CONFDIR = %E/pod-upgrade-trigger
deb-user: STATEDIR = %S/pod-upgrade-trigger
# For hosts open to the internet: to be copied to /etc/systemd/system.
deb-spool: UNITS = spool
deb-spool: UNITDIR = /usr/share/pod-upgrade-trigger/spool

deb-empty: build
	rm -rf $(STAGE)
deb-system: deb-empty
	$(put_all)
deb-user deb-spool: deb-empty
	$(put_units)

DOC = $(STAGE)/usr/share/doc/pod-upgrade-trigger
deb: deb-system deb-user deb-spool
	@command -v dpkg-deb >/dev/null || { echo 'the Debian package needs dpkg-deb: install dpkg' >&2; exit 1; }
	rm -r $(STAGE)/etc # the configuration is made by postinst
	mv $(STAGE)/usr/share/zsh/site-functions $(STAGE)/usr/share/zsh/vendor-completions
	gzip -9n $(STAGE)/usr/$(MAN:units/%=%)
	install -D -m 644 README.md CHANGELOG.md -t $(DOC)
	install -m 644 LICENSE $(DOC)/copyright
	node units/packaging/notices.js >$(DOC)/THIRD-PARTY-NOTICES
	install -d $(STAGE)/DEBIAN
	install -m 755 units/packaging/deb/postinst units/packaging/deb/prerm units/packaging/deb/postrm $(STAGE)/DEBIAN
	cd $(STAGE) && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums
	sed -e 's/@VERSION@/$(VERSION)/' -e "s/@SIZE@/$$(find $(STAGE)/usr -type f -printf '%s\n' | awk '{ s += $$1 } END { print int(s / 1024) }')/" \
	  units/packaging/deb/control >$(STAGE)/DEBIAN/control
	chmod -R u+rw,a+rX,go-w $(STAGE)
	find $(STAGE) -exec touch -h -d @$(SOURCE_DATE_EPOCH) {} +
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) dpkg-deb --build --root-owner-group -Zxz --threads-max=1 $(STAGE) $(DIST)/$(DEB)
.PHONY: release reproducible tarball sbom deb deb-empty deb-system deb-user deb-spool
