# SPDX-License-Identifier: GPL-2.0-or-later
# make            build everything into $(O)
# make check      install what is missing, then all unit tests and the scenarios of everyday (FAST=1: without these)
# make check-all  the same with every scenario
# make demo       install what is missing, then the guide's own example in a VM
# make unit       the unit tests alone (UNIT=name: one of them)
# make scenario-NAME   one scenario of tests/scenarios
# make install    PREFIX=/usr DESTDIR=: see install.mk; make uninstall takes it back
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
PKGS := libmnl libnftnl libcrypto libsystemd json-c
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wswitch-enum -Wformat=2 -Wmissing-prototypes -Wvla
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SAN := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

ALL_CFLAGS = -std=gnu17 $(WARN) $(if $(WERROR),-Werror) $(HARDEN) $(SAN) -MMD -MP -I. -Iinclude \
	-D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000 -DGVPN_VERSION='"$(VERSION)"' \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

# A file with main() is named here; everything else in a folder belongs to its library.
MAINS := member/gvpnd.c member/gvpnctl.c tests/gcks/gcks.c
obj = $(patsubst %.c,$(O)/%.o,$(1))
LIB_SRC := $(filter-out $(MAINS),$(wildcard ike/*.c policy/*.c xfrm/*.c member/*.c))
GCKS_SRC := $(filter-out $(MAINS),$(wildcard tests/gcks/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_LIB_SRC := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)) $(wildcard tests/fuzz/fuzz_*.c)
UNITS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(UNIT_SRC))
PROGRAMS := $(O)/gvpnd $(O)/gvpnctl $(O)/gcks

all: $(PROGRAMS)

$(O)/gvpnd: $(O)/member/gvpnd.o $(O)/libgvpn.a
$(O)/gvpnctl: $(O)/member/gvpnctl.o $(O)/libgvpn.a
$(O)/gcks: $(O)/tests/gcks/gcks.o $(O)/libgcks.a $(O)/libgvpn.a
$(PROGRAMS):
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(O)/libgvpn.a: $(call obj,$(LIB_SRC))
$(O)/libgcks.a: $(call obj,$(GCKS_SRC))
$(O)/libgvpn.a $(O)/libgcks.a:
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/%.o: %.c Makefile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$(basename $<))) -c -o $@ $<

$(UNITS): $(O)/tests/unit/%: $(O)/tests/unit/%.o $(call obj,$(UNIT_LIB_SRC)) $(O)/libgcks.a $(O)/libgvpn.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs check)

unit-build: $(UNITS)

clean:
	rm -rf $(O)

include install.mk $(wildcard tests/*.mk)
-include $(shell find $(O) -name '*.d' -type f 2>/dev/null)
.PHONY: all clean unit-build
