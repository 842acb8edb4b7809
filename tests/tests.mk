# SPDX-License-Identifier: GPL-2.0-or-later
# What runs: see the top of the Makefile and tests/README.md.  The logic is in tests/run-all.

RUN_ALL = O=$(O) bash tests/run-all
JOB_FLAGS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
REBUILD = $(MAKE) --no-print-directory $(JOB_FLAGS)
LINTED_C = $(wildcard $(addsuffix /*.[ch],$(FOLDERS) tests/unit/* tests/fuzz tests/bench tests/kernel))
LINTED_SH = .ci/run tests/arrows tests/run-all tests/bench/register-cpu tests/bench/bench tests/bench/report-check tests/bench/datapath/run tests/bench/search/search tests/bench/search/run \
	tests/progress.sh tests/install-deps tests/install-check tests/mirror.sh tests/mirror-check tests/kernel-check tests/pages-check tests/lib/decode-captures \
	tests/walk debian/tests/member \
	tests/vm/run tests/vm/init tests/vm/image.sh tests/vm/debian.sh tests/vm/kernel.sh tests/vm/saved.sh \
	$(wildcard member/ctl/completions/*.bash tests/lib/*.sh tests/scenarios/*/run tests/scenarios/*/before tests/scenarios/*/after)

# The kernel side alone, for scenarios that have no key server
$(O)/tests/kernel/member: $(O)/tests/kernel/member.o $(call libraries,xfrm lib)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

all: $(O)/tests/kernel/member
# Some scenarios have a part "newer", which runs on the newest kernel that Debian 12 offers; it is fetched and not installed.
NEWER_KERNEL := 6.12
newer-kernel:
	$(Q)bash tests/install-deps --kernel $(NEWER_KERNEL) $(O)/vm/kernels

check-all check-rest: newer-kernel

# A make of its own comes after deps, so that what deps installs is there before anything is compiled.
check check-all: deps
	$(Q)$(REBUILD) all unit-build
	$(Q)FAST=$(FAST) $(RUN_ALL) $@

# What check-all has and check has not
check-rest: deps
	$(Q)$(REBUILD) all
	$(Q)$(RUN_ALL) rest

demo: deps
	$(Q)$(REBUILD) all
	$(Q)$(RUN_ALL) scenario demo

unit: $(if $(UNIT),$(foreach name,$(UNIT),$(patsubst %.c,$(O)/%,$(wildcard tests/unit/*/test_$(name).c))),unit-build)
	$(Q)$(RUN_ALL) unit $(UNIT)

scenarios: all
	$(Q)$(RUN_ALL) scenarios

# The harness is tested without the project's programs.
scenario-harness:
	$(Q)$(RUN_ALL) scenario harness

scenario-%.newer: all newer-kernel
	$(Q)$(RUN_ALL) scenario $*.newer

scenario-%: all
	$(Q)$(RUN_ALL) scenario $*

# A build of its own; afterwards: build-fuzz/fuzz-wire [-max_total_time=60] FOLDER tests/fuzz/corpus/wire
FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link
fuzz:
	$(Q)[ -e "tests/fuzz/fuzz_$(TARGET).c" ] || { echo "usage: make fuzz TARGET=wire|push|config|import"; exit 2; }
	$(Q)$(REBUILD) O=build-fuzz CC=clang SANITIZE=1 CFLAGS="$(FUZZ_CFLAGS)" build-fuzz/fuzz-$(TARGET)

$(O)/fuzz-%: tests/fuzz/libfuzzer.c $(O)/tests/fuzz/fuzz_%.o $(UNIT_LIBRARIES)
	@echo "  LD    $@"
	$(Q)$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsanitize=fuzzer -DFUZZ_TARGET=fuzz_$* -o $@ $^ $(LIBS)

deps:
	$(Q)bash tests/install-deps

# Minutes, a mirror and root: not part of check.
walk:
	$(Q)bash tests/walk

fmt-check:
	$(Q)clang-format --dry-run -Werror $(LINTED_C)

shellcheck:
	$(Q)shellcheck -e SC1091,SC2016,SC2034,SC2119,SC2153,SC2317 $(LINTED_SH)

# What .clang-tidy asks for of each file; it takes minutes, so it is no part of .ci/run.
lint: shellcheck
	$(Q)$(REBUILD) -k $(patsubst %.c,tidy/%,$(filter %.c,$(LINTED_C)))

tidy/%: FORCE
	@echo "  TIDY  $*.c"
	$(Q)clang-tidy --quiet $*.c -- $(filter-out -MMD -MP -Werror,$(ALL_CFLAGS)) 2>&1 | \
		{ ! grep -vE '^[0-9]+ warnings? generated\.$$|^$$'; }

FORCE:
.PHONY: check check-all check-rest newer-kernel demo fuzz unit scenarios scenario-harness deps walk fmt-check shellcheck lint FORCE
