# SPDX-License-Identifier: GPL-2.0-or-later
# make install        the daemon, the tool, units, man pages, examples:  PREFIX=/usr  DESTDIR=
# make install-gcks   the key server of the tests
# The user gvpn and /etc/gvpn are made by systemd-sysusers and systemd-tmpfiles from what is installed here.

SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
DBUSDIR ?= $(PREFIX)/share/dbus-1/system.d
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/vendor-completions
INSTALL ?= install
INSTALL_FILE = $(INSTALL) -D -m 0644

MEMBER_MAN := $(filter-out man/gcks.%,$(wildcard man/*.[1-9]))
# $(1) is where; $(2) the files, none is fine.
install_into = $(if $(2),$(INSTALL_FILE) -t $(DESTDIR)$(1) $(2))
man_section = $(subst .,,$(suffix $(1)))

install: $(O)/gvpnd $(O)/gvpnctl
	$(Q)$(INSTALL) -D -m 0755 $(O)/gvpnd $(DESTDIR)$(SBINDIR)/gvpnd
	$(Q)$(INSTALL) -D -m 0755 $(O)/gvpnctl $(DESTDIR)$(BINDIR)/gvpnctl
	$(Q)$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	$(Q)set -e; for unit in $(notdir $(wildcard systemd/*.service)); do \
		sed -e 's|/usr/sbin/gvpnd|$(SBINDIR)/gvpnd|' -e 's|/usr/bin/gvpnctl|$(BINDIR)/gvpnctl|' \
			systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit; \
		chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit; \
	done
	$(Q)$(INSTALL_FILE) systemd/gvpn.sysusers $(DESTDIR)$(SYSUSERSDIR)/gvpn.conf
	$(Q)$(INSTALL_FILE) systemd/gvpn.tmpfiles $(DESTDIR)$(TMPFILESDIR)/gvpn.conf
	$(Q)$(call install_into,$(CATALOGDIR),$(wildcard systemd/*.catalog))
	$(Q)$(call install_into,$(DBUSDIR),$(wildcard systemd/*.Member1.conf))
	$(Q)set -e; $(foreach page,$(MEMBER_MAN),\
		$(call install_into,$(MANDIR)/man$(call man_section,$(page)),$(page));) :
	$(Q)set -e; $(foreach file,$(wildcard completions/*.bash),\
		$(INSTALL_FILE) $(file) $(DESTDIR)$(BASHCOMPDIR)/$(basename $(notdir $(file)));) :
	$(Q)$(call install_into,$(ZSHCOMPDIR),$(wildcard completions/_*))
	$(Q)$(call install_into,$(DOCDIR)/gvpnd/examples,$(wildcard tests/configs/gm-000*.conf))

install-gcks: $(O)/gcks
	$(Q)$(INSTALL) -D -m 0755 $(O)/gcks $(DESTDIR)$(SBINDIR)/gcks
	$(Q)$(call install_into,$(MANDIR)/man8,man/gcks.8)
	$(Q)$(call install_into,$(DOCDIR)/gvpn-gcks/examples,tests/configs/server.conf tests/configs/server-set.conf)

.PHONY: install install-gcks
