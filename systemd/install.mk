# SPDX-License-Identifier: GPL-2.0-or-later
# make install        the daemon, the tool, units, man pages, examples:  PREFIX=/usr  DESTDIR=
# make install-gcks   the key server of the tests
# make uninstall      what the two have installed, with the same PREFIX and DESTDIR
# The user gvpn and /etc/gvpn are made by systemd-sysusers and systemd-tmpfiles from what is installed here.

# dbus-daemon and zsh do not look below every PREFIX.
IS_USR := $(filter /usr,$(PREFIX))
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
DBUSDIR ?= $(if $(IS_USR),/usr/share,/etc)/dbus-1/system.d
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/$(if $(IS_USR),vendor-completions,site-functions)
INSTALL ?= install
INSTALL_FILE = $(INSTALL) -D -m 0644

MEMBER_MAN := $(filter-out man/gcks.%,$(wildcard man/*.[1-9]))
UNIT_FILES := $(notdir $(wildcard systemd/*.service))
BASH_COMPLETIONS := $(wildcard member/ctl/completions/*.bash)
EXAMPLES := $(wildcard tests/configs/gm-000*.conf)
GCKS_EXAMPLES := tests/configs/server.conf tests/configs/server-set.conf
# $(1) is where; $(2) the files, none is fine.
install_into = $(if $(2),$(INSTALL_FILE) -t $(DESTDIR)$(1) $(2))
installed_in = $(addprefix $(DESTDIR)$(1)/,$(notdir $(2)))
man_section = $(subst .,,$(suffix $(1)))

install: $(O)/gvpnd $(O)/gvpnctl
	$(Q)$(INSTALL) -D -m 0755 $(O)/gvpnd $(DESTDIR)$(SBINDIR)/gvpnd
	$(Q)$(INSTALL) -D -m 0755 $(O)/gvpnctl $(DESTDIR)$(BINDIR)/gvpnctl
	$(Q)$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	$(Q)set -e; for unit in $(UNIT_FILES); do \
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
	$(Q)set -e; $(foreach file,$(BASH_COMPLETIONS),\
		$(INSTALL_FILE) $(file) $(DESTDIR)$(BASHCOMPDIR)/$(basename $(notdir $(file)));) :
	$(Q)$(call install_into,$(ZSHCOMPDIR),$(wildcard member/ctl/completions/_*))
	$(Q)$(call install_into,$(DOCDIR)/gvpnd/examples,$(EXAMPLES))
ifeq ($(DESTDIR),)
	@echo "Installed below $(PREFIX).  Next, as root:"
	@echo "  systemd-sysusers $(SYSUSERSDIR)/gvpn.conf"
	@echo "  systemd-tmpfiles --create $(TMPFILESDIR)/gvpn.conf"
	@echo "  systemctl daemon-reload"
	@echo "  journalctl --update-catalog"
	@echo "  systemctl reload dbus"
	@echo "and when there is /etc/gvpn/gvpnd.conf and 'gvpnd --check' accepts it:"
	@echo "  systemctl enable --now gvpnd-failclose gvpnd"
endif

install-gcks: $(O)/gcks
	$(Q)$(INSTALL) -D -m 0755 $(O)/gcks $(DESTDIR)$(SBINDIR)/gcks
	$(Q)$(call install_into,$(MANDIR)/man8,man/gcks.8)
	$(Q)$(call install_into,$(DOCDIR)/gvpn-gcks/examples,$(GCKS_EXAMPLES))

uninstall:
ifeq ($(DESTDIR),)
	$(Q)if [ -d /run/systemd/system ] && systemctl -q is-active gvpnd.service gvpnd-failclose.service; then \
		echo "gvpnd is in use.  First: systemctl disable --now gvpnd gvpnd-failclose && gvpnd --flush" >&2; exit 1; \
	fi
endif
	$(Q)rm -f $(call installed_in,$(SBINDIR),gvpnd gcks) $(call installed_in,$(BINDIR),gvpnctl) \
		$(call installed_in,$(UNITDIR),$(UNIT_FILES)) \
		$(DESTDIR)$(SYSUSERSDIR)/gvpn.conf $(DESTDIR)$(TMPFILESDIR)/gvpn.conf \
		$(call installed_in,$(CATALOGDIR),$(wildcard systemd/*.catalog)) \
		$(call installed_in,$(DBUSDIR),$(wildcard systemd/*.Member1.conf)) \
		$(foreach page,$(MEMBER_MAN) man/gcks.8,\
			$(call installed_in,$(MANDIR)/man$(call man_section,$(page)),$(page))) \
		$(call installed_in,$(BASHCOMPDIR),$(basename $(BASH_COMPLETIONS))) \
		$(call installed_in,$(ZSHCOMPDIR),$(wildcard member/ctl/completions/_*)) \
		$(call installed_in,$(DOCDIR)/gvpnd/examples,$(EXAMPLES)) \
		$(call installed_in,$(DOCDIR)/gvpn-gcks/examples,$(GCKS_EXAMPLES))
	$(Q)for folder in $(addprefix $(DESTDIR)$(DOCDIR)/,gvpnd/examples gvpnd gvpn-gcks/examples gvpn-gcks); do \
		if [ -d $$folder ]; then rmdir --ignore-fail-on-non-empty $$folder; fi; \
	done

.PHONY: install install-gcks uninstall
