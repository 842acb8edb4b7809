# SPDX-License-Identifier: GPL-2.0-or-later
# What costs are measured apart from the tests.

$(O)/tests/bench/register_cpu: $(O)/tests/bench/register_cpu.o $(O)/tests/unit/support/ike_pair.o $(O)/tests/unit/support/push_craft.o $(UNIT_LIBRARIES)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs check)

# Instructions of a registration and a push, counted by valgrind.
register-cpu: $(O)/tests/bench/register_cpu
	$(Q)bash tests/install-deps valgrind
	$(Q)bash tests/bench/register-cpu $<

.PHONY: register-cpu
