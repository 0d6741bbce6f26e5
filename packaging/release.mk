# The manual page, which is built from the README.
MAN := share/man/man1/pod-upgrade-trigger.1

$(MAN): README.md CHANGELOG.md package.json packaging/man.js $(PROGRAM) | node_modules
	mkdir -p $(@D)
	node packaging/man.js >$@.new
	mv $@.new $@
