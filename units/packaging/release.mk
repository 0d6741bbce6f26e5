# A release: the tarball, the Debian package and what is in them (SBOM), without Node and with one for each ARCH, and their
# checksums. The same bytes from the same commit, wherever and whenever they are made: nothing in them comes from the
# clock, the umask, the directory or the machine.
DIST ?= dist
ARCHS := x64 arm64
# Set for one of these: with the Node for it. Nothing of it is run, so any machine will do.
ARCH ?=
NAME := pod-upgrade-trigger-$(VERSION)$(ARCH:%=-linux-%)
# Two packages of one name, of which one is for all architectures and one for this, would be two candidates for apt, which
# takes whichever version is higher. So the one with Node has a name of its own, and each replaces the other.
PACKAGE := pod-upgrade-trigger$(if $(ARCH),-bundled)
DEB_ARCH := $(or $(patsubst x64,amd64,$(ARCH)),all)
# What the official builds are linked with, or Debian's own.
COMMA := ,
oldest = $(shell sed -n 's/^ *"$(1)": ">=\(.*\)".*/\1/p' package.json)
NODE_NEEDS := $(if $(ARCH),libc6 (>= 2.28)$(COMMA) libgcc-s1$(COMMA) libstdc++6 (>= 5),nodejs (>= $(call oldest,node)))
OTHER := pod-upgrade-trigger$(if $(ARCH),,-bundled)
DEB := $(PACKAGE)_$(VERSION)_$(DEB_ARCH).deb
# A Node takes a minute of each; tests are quicker.
GZ ?= gzip -9n
DEB_Z ?= -Zxz
MAN := $(MANUAL:%=units/share/man/%)
# The time of every file: of the last commit, or where there is no git, of the changelog.
SOURCE_DATE_EPOCH ?= $(or $(if $(wildcard .git),$(shell git log -1 --format=%ct)),$(shell date -u -d '$(CHANGED)' +%s))
CHANGED = $(shell sed -n 's/^## $(VERSION) (\(.*\))$$/\1/p' CHANGELOG.md)

$(MAN) &: README.md $(wildcard units/doc/*.md) CHANGELOG.md package.json units/packaging/man.js $(PROGRAM) | node_modules
	rm -rf units/share/man.new
	node units/packaging/man.js units/share/man.new
	rm -rf units/share/man
	mv units/share/man.new units/share/man

# Who may sign, and the key with which it is done: a private key, or the public half of one that ssh-agent has.
SIGNERS ?= units/packaging/signers
SIGN_KEY ?=
SIGNED := -n pod-upgrade-trigger
release: build ## tarballs, Debian packages, SBOMs and checksums, in dist/; signed with SIGN_KEY=/path/to/key
	mkdir -p $(DIST)
	rm -f $(DIST)/*.tar.gz $(DIST)/*.deb $(DIST)/*.cdx.json
	$(MAKE) ARCH= tarball deb sbom
	$(foreach arch,$(ARCHS),$(MAKE) ARCH=$(arch) tarball deb sbom &&) true
	$(MAKE) sums

sums: # of what is there
	rm -f $(DIST)/SHA256SUMS*
	export LC_ALL=C; cd $(DIST) && sha256sum *.tar.gz *.deb *.cdx.json >SHA256SUMS
	$(if $(SIGN_KEY),$(sign),@echo 'SHA256SUMS is not signed: that takes SIGN_KEY=/path/to/key')
# One that nobody could verify is none.
define sign
	ssh-keygen -q -Y sign -f '$(SIGN_KEY)' $(SIGNED) $(DIST)/SHA256SUMS
	ssh-keygen -Y verify -f '$(SIGNERS)' -I maintainers $(SIGNED) -s $(DIST)/SHA256SUMS.sig <$(DIST)/SHA256SUMS || \
	  { rm $(DIST)/SHA256SUMS.sig; echo '$(SIGNERS) does not have this key' >&2; exit 1; }
endef

reproducible: ## build the last commit twice, in two places, and compare the bytes (some minutes)
	units/packaging/reproducible.sh

tarball: build
	@test -n '$(CHANGED)' || { echo 'CHANGELOG.md says nothing of $(VERSION): add "## $(VERSION) (date)"' >&2; exit 1; }
	rm -rf $(DIST)/$(NAME)
	mkdir -p $(DIST)/$(NAME)
	cp -r --parents bin/*.cjs bin/*.wasm units env.template \
	  fixtures/openapi.json fixtures/pictures/all.svg fixtures/pictures/page.png README.md CHANGELOG.md SECURITY.md LICENSE $(DIST)/$(NAME)
	mv $(DIST)/$(NAME)/units/install.mk $(DIST)/$(NAME)/Makefile
	rm -r $(DIST)/$(NAME)/units/packaging
	node units/packaging/notices.js $(ARCH) >$(DIST)/$(NAME)/THIRD-PARTY-NOTICES
	$(if $(ARCH),node units/packaging/carried.js $(ARCH) $(DIST)/$(NAME))
	tar -C $(DIST) --sort=name --mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner --mode=u+rw,a+rX,go-w,a-s \
	  --format=gnu -c $(NAME) | $(GZ) >$(DIST)/$(NAME).tar.gz

sbom: | node_modules
	mkdir -p $(DIST)
	node units/packaging/sbom.js $(SOURCE_DATE_EPOCH) $(ARCH) >$(DIST)/$(NAME).cdx.json

# --- The Debian package: what install puts, below /usr, for both managers. ---
STAGE = $(abspath $(DIST))/deb
deb deb-system deb-user deb-spool: DESTDIR = $(STAGE)
deb deb-system deb-user deb-spool: PREFIX = /usr
# The same in both packages, in the one without a Node as a link: where one replaces the other, what runs finds it.
deb deb-system deb-user deb-spool: NODE = $(OWN_NODE)
deb deb-system deb-user deb-spool: CARRIED = $(if $(ARCH),$(DIST)/$(NAME)/bin/node)
# dpkg takes the directory before away at once. A part may be newer than the one that loads it, but SQLite's two may not.
deb-system: DOCDIR = /usr/share/doc/$(PACKAGE)
deb-system: BUILD = $(call digest,bin/node-sqlite3-wasm.*)
deb-user: UNITS = common user
deb-user: UNITDIR = /usr/lib/systemd/user
deb-user: CONFDIR = %E/pod-upgrade-trigger
deb-user: STATEDIR = %S/pod-upgrade-trigger
# For hosts open to the internet: to be copied to /etc/systemd/system.
deb-spool: UNITS = spool
deb-spool: UNITDIR = /usr/share/pod-upgrade-trigger/spool

deb-empty: $(if $(ARCH),tarball,build)
	rm -rf $(STAGE)
deb-system: deb-empty
	$(put_all)
deb-user deb-spool: deb-empty
	$(put_units)

DOC = $(STAGE)/usr/share/doc/$(PACKAGE)
deb: deb-system deb-user deb-spool
	@command -v dpkg-deb >/dev/null || { echo 'the Debian package needs dpkg-deb: install dpkg' >&2; exit 1; }
	rm -r $(STAGE)/etc # the configuration is made by postinst
	$(if $(ARCH),,install -d $(STAGE)$(dir $(OWN_NODE)) && ln -s /usr/bin/node $(STAGE)$(OWN_NODE))
	mv $(STAGE)/usr/share/zsh/site-functions $(STAGE)/usr/share/zsh/vendor-completions
	gzip -9n $(MAN:units/%=$(STAGE)/usr/%)
	install -m 644 LICENSE $(DOC)/copyright
	node units/packaging/notices.js $(ARCH) >$(DOC)/THIRD-PARTY-NOTICES
	$(if $(ARCH),install -m 644 $(DIST)/$(NAME)/LICENSE.node -t $(DOC))
	install -d $(STAGE)/DEBIAN
	install -m 755 units/packaging/deb/postinst units/packaging/deb/prerm units/packaging/deb/postrm $(STAGE)/DEBIAN
	cd $(STAGE) && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums
	sed -e 's/@VERSION@/$(VERSION)/g' -e 's/@PACKAGE@/$(PACKAGE)/' -e 's/@ARCH@/$(DEB_ARCH)/' -e 's/@NODE@/$(NODE_NEEDS)/' -e 's/@PODMAN@/$(call oldest,podman)/' -e 's/@OTHER@/$(OTHER)/' \
	  $(if $(ARCH),-e '/^Conflicts:/i Provides: $(OTHER) (= $(VERSION))') \
	  -e "s/@SIZE@/$$(find $(STAGE)/usr -type f -printf '%s\n' | awk '{ s += $$1 } END { print int(s / 1024) }')/" \
	  units/packaging/deb/control >$(STAGE)/DEBIAN/control
	chmod -R u+rw,a+rX,go-w $(STAGE)
	find $(STAGE) -exec touch -h -d @$(SOURCE_DATE_EPOCH) {} +
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) dpkg-deb --build --root-owner-group $(DEB_Z) --threads-max=1 $(STAGE) $(DIST)/$(DEB)
.PHONY: release sums reproducible tarball sbom deb deb-empty deb-system deb-user deb-spool
