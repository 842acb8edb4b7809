# SPDX-License-Identifier: GPL-2.0-or-later
# What costs are measured apart from the tests.

$(O)/tests/bench/register_cpu: $(O)/tests/bench/register_cpu.o $(O)/tests/unit/support/ike_pair.o $(O)/tests/unit/support/push_craft.o $(UNIT_LIBRARIES)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs check)

# Instructions of a registration and a push, counted by valgrind.
register-cpu: $(O)/tests/bench/register_cpu
	$(Q)bash tests/install-deps valgrind
	$(Q)bash tests/bench/register-cpu $<

# The traffic of bench and of scenario cost
$(O)/tests/bench/load: $(O)/tests/bench/load.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

# What the emulator loads: no part of the program, so without the flags that make it a program of its own
$(O)/tests/bench/count_plugin.so: tests/bench/count_plugin.c Makefile
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(if $(WERROR),-Werror) $(CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $<

all: $(O)/tests/bench/load

# What a packet costs through the group beside a plain tunnel: tests/README.md.  KERNEL=6.1: one kernel alone; ROUNDS=9; STRICT=1: a bound
# that is not reached fails; SIDES="plain d3p" LOADS="UDP-64 TCP": these alone, and no search.
bench: deps
	$(Q)$(REBUILD) all $(O)/tests/bench/count_plugin.so
	$(Q)O=$(O) ROUNDS=$(ROUNDS) STRICT=$(STRICT) SIDES="$(SIDES)" LOADS="$(LOADS)" bash tests/bench/bench $(KERNEL)
	$(if $(SIDES)$(LOADS),,$(Q)O=$(O) bash tests/bench/search/search $(KERNEL))

# What it costs to find an SA that sends by a sender id.  WIDTHS="8 12 16", RUNS=20, KERNEL=6.1
bench-search: deps
	$(Q)$(REBUILD) all
	$(Q)O=$(O) RUNS=$(RUNS) WIDTHS="$(WIDTHS)" bash tests/bench/search/search $(KERNEL)

.PHONY: register-cpu bench bench-search
