# SPDX-License-Identifier: GPL-2.0-or-later
# make            build everything into $(O)
# make check      install what is missing, then all unit tests and the scenarios of everyday (FAST=1: without these)
# make check-all  the same with every scenario
# make demo       install what is missing, then the guide's own example in a VM
# make unit       the unit tests alone (UNIT=name: one of them)
# make scenario-NAME   one scenario of tests/scenarios
# make install    PREFIX=/usr DESTDIR=: see systemd/install.mk; make uninstall takes it back
# make bench      what a packet costs beside a plain tunnel, in a VM of each kernel: tests/README.md (KERNEL=6.1, STRICT=1)
# make walk       README from the top on a fresh Debian, timed
# make fuzz TARGET=wire   a program for libFuzzer (clang), of tests/fuzz
# V=1 shows commands, O=DIR builds elsewhere, SANITIZE=1 builds with ASan and UBSan, WERROR=1 makes warnings errors

O ?= build
V ?= 0
PREFIX ?= /usr
VERSION := 0.1.0
CC ?= gcc
CFLAGS ?= -O2 -g
Q := $(if $(filter 1,$(V)),,@)

comma := ,
PKGS := libmnl libnftnl libbpf libcrypto libsystemd json-c
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wswitch-enum -Wformat=2 -Wmissing-prototypes -Wvla
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SAN := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

ALL_CFLAGS = -std=gnu17 $(WARN) $(if $(WERROR),-Werror) $(HARDEN) $(SAN) -MMD -MP -I. -isystem $(O) \
	-D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000 -DGVPN_VERSION='"$(VERSION)"' \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

# The rooms of the house, one static library each, and the rooms that each may use (doc/house.md).  No arrow runs back:
# every library is linked whole against these alone, and includes headers of these alone, or the build fails.
FOLDERS := lib ike policy xfrm/plan xfrm/netlink xfrm/nft xfrm/link xfrm/bpf xfrm member/api member/log member/config member/group \
	member/daemon/bus member/daemon member/import member/ctl tests/gcks
USES_lib :=
USES_ike := lib
USES_policy := lib
USES_xfrm/plan := lib
USES_xfrm/netlink := lib
USES_xfrm/nft := xfrm/netlink xfrm/plan lib
USES_xfrm/link := xfrm/netlink xfrm/plan lib
USES_xfrm/bpf := xfrm/link xfrm/netlink xfrm/plan lib
USES_xfrm := xfrm/bpf xfrm/link xfrm/nft xfrm/netlink xfrm/plan lib
USES_member/api := lib
USES_member/log := member/api lib
USES_member/config := member/api ike lib
USES_member/group := member/config member/log member/api ike lib
USES_member/daemon/bus := member/log member/api lib
USES_member/daemon := member/daemon/bus member/group member/config member/log member/api xfrm xfrm/plan policy ike lib
USES_member/import := member/config member/api lib
USES_member/ctl := member/import member/config member/api lib
USES_tests/gcks := member/config member/api ike lib
# What a room does not use itself, and a room that it uses does: linked, and not included.
LINKS_member/import := ike
LINKS_member/ctl := ike
# In the order of the arrows: lib, which all use, is last.
linked = $(filter-out lib,$(USES_$(1))) $(LINKS_$(1)) lib
# Rooms behind a room: whoever uses it is linked with these too, and may not include their headers.
BEHIND_xfrm := xfrm/bpf xfrm/link xfrm/nft xfrm/netlink xfrm/plan

# A file with main() is named here; everything else in a folder belongs to its library.
MAINS := member/daemon/gvpnd.c member/ctl/gvpnctl.c tests/gcks/gcks.c
obj = $(patsubst %.c,$(O)/%.o,$(1))
sources = $(filter-out $(MAINS) %.bpf.c,$(wildcard $(addsuffix /*.c,$(1))))
libraries = $(patsubst %,$(O)/%.a,$(foreach folder,$(1),$(folder) $(BEHIND_$(folder))))
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_LIB_SRC := $(wildcard tests/unit/support/*.c tests/fuzz/fuzz_*.c)
UNITS := $(patsubst %.c,$(O)/%,$(UNIT_SRC))
# In the order of the arrows: who uses stands before who is used.
UNIT_LIBRARIES := $(call libraries,tests/gcks member/ctl member/import $(filter-out member/import,member/daemon $(USES_member/daemon)))
PROGRAMS := $(O)/gvpnd $(O)/gvpnctl $(O)/gcks

all: $(PROGRAMS) $(FOLDERS:%=$(O)/%.arrows)

$(O)/gvpnd: $(O)/member/daemon/gvpnd.o $(call libraries,member/daemon $(USES_member/daemon))
$(O)/gvpnctl: $(O)/member/ctl/gvpnctl.o $(call libraries,member/ctl $(call linked,member/ctl))
$(O)/gcks: $(O)/tests/gcks/gcks.o $(call libraries,tests/gcks $(USES_tests/gcks))
$(PROGRAMS):
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

define folder_rules
$(O)/$(1).a: $(call obj,$(call sources,$(1)))
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
$(O)/$(1).arrows: $(O)/$(1).a $(call libraries,$(call linked,$(1)))
	$$(Q)bash tests/arrows $(1) "$(USES_$(1))"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -nostartfiles -Wl,-e,0 -o $$@ -Wl,--whole-archive $$< -Wl,--no-whole-archive \
		$$(filter-out $$<,$$^) $$(LIBS)
endef
$(foreach folder,$(FOLDERS),$(eval $(call folder_rules,$(folder))))

$(O)/%.o: %.c Makefile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$(basename $<))) -c -o $@ $<

# The programs at tc, for the kernel's own machine, and the header that carries them into gvpnd (xfrm/bpf/load.c)
BPF_CLANG ?= clang
# Debian has it in sbin, where only root looks.
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v2 -Wall -Wextra -Wno-unused-parameter -I. \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)
$(O)/%.bpf.o: %.bpf.c Makefile
	@echo "  BPF   $<"
	@mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@.part $<
	$(Q)$(BPFTOOL) gen object $@ $@.part && rm -f $@.part
$(O)/%.skel.h: $(O)/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*) >$@.part && mv $@.part $@
.SECONDARY: $(O)/xfrm/bpf/gvpn.bpf.o
$(O)/xfrm/bpf/load.o: $(O)/xfrm/bpf/gvpn.skel.h

$(UNITS): $(O)/%: $(O)/%.o $(call obj,$(UNIT_LIB_SRC)) $(UNIT_LIBRARIES)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs check)

unit-build: $(UNITS)

clean:
	rm -rf $(O)

include systemd/install.mk $(wildcard tests/*.mk)
-include $(shell find $(O) -name '*.d' -type f 2>/dev/null)
.PHONY: all clean unit-build
