# pond: `make` builds build/pond, `make help` lists the other targets. V=1 shows the commands.

BUILD  ?= build
PREFIX ?= /usr/local
VERSION := $(shell cat VERSION)
# Of the last release: man pages bear it.
DATE    := $(shell sed -n 's/^\#\# \[[0-9].*\] - //p' CHANGELOG.md | head -n 1)
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
WARN   := -Werror=implicit-function-declaration -Wall -Wextra -Wpedantic -Wshadow -Wconversion
Q      := $(if $(V),,@)

ifeq ($(SAN),1)
BUILD      := build/san
SAN_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DPOND_DEBUG
endif

all: $(BUILD)/pond ## build build/pond, and download what that needs

include mk/rooms.mk

# What the machine has ---------------------------------------------------------------------------------------------
# config.mk is written when it is missing, when one of its prerequisites changes, and when a library that it found is
# gone; make then reads it again. Targets that compile nothing do not need it.

ifneq ($(filter-out help clean fmt fmt-check distclean,$(or $(MAKECMDGOALS),all)),)
include third_party/config.mk
endif
third_party/config.mk: scripts/bootstrap scripts/fetch third_party/lock $(CONFIG_NEEDS)
	$(Q)CC="$(CC)" scripts/bootstrap
$(CONFIG_NEEDS):

# The browser's libraries, node for tests (if the machine has none), and the formatter.
WEB          := third_party/web/package.json
CLANG_FORMAT := third_party/clang-format/clang-format
$(WEB): scripts/fetch third_party/lock
	$(Q)scripts/fetch web
$(CLANG_FORMAT): scripts/fetch third_party/lock
	$(Q)scripts/fetch clang-format
	@touch $@
node:
	$(Q)scripts/fetch node
export PATH := $(PATH):$(CURDIR)/third_party/node/bin

# Compiling and linking --------------------------------------------------------------------------------------------

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Isrc $(WARN) $(CFLAGS) $(SAN_CFLAGS) $(PKG_CFLAGS) $(ROOM_CFLAGS) -MMD -MP
ALL_LIBS   = $(LDFLAGS) -Wl,--as-needed $(PKG_LIBS) -lpthread -ldl -lm

# The engine loads libduckdb when it first needs it (src/engine/load.c); only its header is needed here.
$(BUILD)/obj/engine/%.o $(BUILD)/tests/engine-%: ROOM_CFLAGS := -isystem third_party/duckdb

$(BUILD)/obj/cli/%.o: ROOM_CFLAGS := -DPOND_VERSION='"$(VERSION)"' -DPOND_DATE='"$(DATE)"' -I$(BUILD)/pages

# Texts as C, a string for each line: the page of factories, of which `pond help FACTORY` prints sections, and the scripts
# that `pond completion` prints.
PAGES := $(BUILD)/pages/factories.md.inc $(patsubst %,$(BUILD)/pages/completion.%.inc,bash zsh fish)
$(BUILD)/pages/%.inc: docs/%
	@mkdir -p $(@D)
	$(as_strings)
$(BUILD)/pages/%.inc: src/cli/completion/%
	@mkdir -p $(@D)
	$(as_strings)
as_strings = $(Q)sed 's/[\\"?]/\\&/g; s/.*/"&",/' $< >$@
$(BUILD)/obj/cli/manual.o $(BUILD)/obj/cli/cmd_completion.o: $(PAGES)

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

RUN_TESTS := PATH="$(abspath $(BUILD)):$$PATH" tests/run $(if $(SAN),--stress)

# Each room is an archive of the objects in its folder and in the folders in that; main.c is in none. An archive knows its
# objects by their file names only, so those are unique within a room. The tests of a room are linked with the rooms that
# it may use and no others. <room>_RUNS are tests of a room that are not written in C.
define room
$(1)_OBJS  := $$(patsubst src/%.c,$(BUILD)/obj/%.o,$$(filter-out src/cli/main.c,$$(wildcard src/$(1)/*.c src/$(1)/*/*.c)))
$(1)_LIBS  := $(BUILD)/lib$(1).a $$(patsubst %,$(BUILD)/lib%.a,$$($(1)_USES))
$(1)_TESTS := $$(patsubst tests/unit/$(1)/%.c,$(BUILD)/tests/$(1)-%,$$(wildcard tests/unit/$(1)/test_*.c))

$(BUILD)/lib$(1).a: $$($(1)_OBJS)
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
$(BUILD)/tests/$(1)-%: tests/unit/$(1)/%.c $(BUILD)/select.o $$($(1)_LIBS)
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	$(Q)$(CC) $$(ALL_CFLAGS) $$(filter %.c %.o %.a,$$^) $(CMOCKA_LIBS) $$($(1)_TEST_LIBS) $$(ALL_LIBS) -o $$@
test-$(1): $$($(1)_TESTS) $(if $(filter cli,$(1)),$(BUILD)/pond $(BUILD)/cli-cases)
	$$(if $$($(1)_TESTS)$$($(1)_RUNS),,@echo "the room '$(1)' has no tests of its own: see tests/unit" >&2; exit 1)
	$(Q)$$(RUN_TESTS) $$($(1)_TESTS) $$($(1)_RUNS)
endef
format_TEST_LIBS = $(ZIP_LIBS) # its tests write the archives that pond only reads
cli_RUNS = '$(BUILD)/cli-cases $(BUILD) $(CLI_CASES)'
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
$(cli_OBJS): VERSION
$(BUILD)/select.o: tests/tools/select.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

# Tools that render the templates of a pond need this one file of the factory, and nothing else of it.
TERA_EXTRAS := $(BUILD)/obj/factory/template_extras.o

link = @mkdir -p $(@D); echo "  LINK  $@"
$(BUILD)/pond: $(BUILD)/obj/cli/main.o $(cli_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
$(BUILD)/tera-cases: tests/tools/tera_cases.c $(TERA_EXTRAS) $(tera_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
$(BUILD)/tera-bench: bench/tera_bench.c $(TERA_EXTRAS) $(tera_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
$(BUILD)/engine-copy: bench/engine_copy.c $(engine_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
$(BUILD)/cli-cases: tests/tools/cli_cases.c $(base_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@

$(BUILD)/examples/tera-%: examples/tera/%.c $(tera_LIBS)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@

include mk/fuzz.mk

# Targets ----------------------------------------------------------------------------------------------------------

UNIT_TESTS := $(foreach r,$(ROOMS),$($(r)_TESTS))
CLI_CASES  := $(wildcard tests/cli/*.test)
EXAMPLES   := $(patsubst examples/tera/%.c,$(BUILD)/examples/tera-%,$(wildcard examples/tera/*.c))

# What `make test` runs, and what has to be built before. The scripts at the end need no sanitizers.
TEST_NEEDS := $(UNIT_TESTS) $(BUILD)/pond $(BUILD)/cli-cases $(EXAMPLES) $(FUZZ_TESTS) $(WEB) node
TESTS       = $(UNIT_TESTS) '$(BUILD)/cli-cases $(BUILD) $(CLI_CASES)' \
    'tests/docs/follow README.md' 'tests/docs/follow docs/tutorial.md' 'tests/docs/follow docs/factories.md' \
    'tests/docs/follow docs/host.md' 'tests/docs/follow docs/changing.md' 'tests/docs/follow docs/unattended.md' 'tests/docs/follow docs/declare.md' \
    'tests/docs/follow docs/csv.md' 'tests/docs/follow docs/publishing.md' tests/docs/run 'tests/docs/examples $(BUILD)' \
    tests/commands.sh tests/man.sh tests/completion.sh tests/owner.sh tests/messages.sh tests/mistakes/run 'tests/network/run $(BUILD)' tests/values/run tests/delta/run \
    'tests/history/run 1 8' 'tests/history/model 3 60' \
    'tests/keys/run 1 8' 'tests/chains/run 1 6' 'tests/logs/run 1 8' 'tests/csv/run 1 100' \
    '$(BUILD)/fuzz-replay tests/fuzz/seeds tests/fuzz/found' \
    $(if $(SAN),,'$(BUILD)/fuzz-alloc tests/fuzz/seeds/render/*' tests/layers.sh 'tests/runners.sh $(BUILD)' 'tests/timers/run 1 1' \
        tests/fetch.sh 'tests/web/run --if-possible')

test: $(TEST_NEEDS) ## run all tests; SAN=1: with address and undefined-behaviour sanitizers
	$(Q)$(RUN_TESTS) $(TESTS)

check: $(TEST_NEEDS) ## run the tests with T='some words' in their name: unit tests, cases, scripts
	$(if $(T),,@echo "make check needs words to look for in the names of tests: make check T='arrive late'" >&2; exit 1)
	$(Q)$(RUN_TESTS) --only "$$T" $(TESTS)

test-fault: $(store_LIBS) $(BUILD)/pond ## test the store and whole commands on a disk that fails at every call in turn; takes minutes
	$(Q)BUILD="$(BUILD)" CC="$(CC)" $(RUN_TESTS) --together tests/fault/store.sh tests/fault/commands.sh tests/fault/exports.sh tests/fault/ingest.sh

test-web: $(BUILD)/pond $(WEB) node ## test the example's pages in headless Chromium; installs it if it is missing
	$(Q)scripts/bootstrap --browser
	$(Q)$(RUN_TESTS) tests/web/run

# The readers are installed once, and again when a version changes or one of them was missing. INTEROP='names growth' selects
# checks.
INTEROP_DIR := $(BUILD)/interop
INTEROP_PINS := $(wildcard tests/interop/requirements*.txt) third_party/lock
$(INTEROP_DIR)/installed: tests/interop/install $(INTEROP_PINS)
	@mkdir -p $(@D)
	$(Q)tests/interop/install $(@D)
	@[ -n "$$(ls $(@D)/missing)" ] || touch $@
test-interop: $(BUILD)/pond $(INTEROP_DIR)/installed ## test that pyarrow, delta-rs, Polars, DuckDB and Spark read exports; downloads them
	$(Q)tests/interop/run $(BUILD)/pond $(INTEROP_DIR) $(INTEROP)

demo: $(BUILD)/pond $(WEB) node ## build the example's pond and site in ./demo
	$(Q)rm -rf demo/pond
	$(Q)PATH="$(abspath $(BUILD)):$$PATH" examples/air-quality/build.sh demo/pond demo/site

bench: $(BUILD)/tera-bench $(BUILD)/engine-copy $(BUILD)/pond node ## measure templates and exports, as bench/README.md describes
	$(Q)node bench/cases.mjs $(BUILD)/cases
	$(Q)$(BUILD)/tera-bench $(BUILD)/cases/*.json
	$(Q)BUILD="$(BUILD)" bench/export.sh
	$(Q)BUILD="$(BUILD)" bench/text.sh

bench-peers: $(BUILD)/tera-bench $(BUILD)/tera-cases ## measure templates against Tera, minijinja, Jinja2 and Nunjucks
	$(Q)bench/peers/build.sh $(BUILD)
	$(Q)node bench/cases.mjs $(BUILD)/cases
	$(Q)node bench/features.mjs $(BUILD)/cases/features
	$(Q)bench/peers/run.py $(BUILD) $(BUILD)/cases/*.json
	$(Q)bench/peers/run.py --brief $(BUILD) $(BUILD)/cases/features/*.json

bench-original: $(BUILD)/engine-copy $(BUILD)/pond ## measure beside the original, PEER=/path/to/its/pond; PYTHON=one that has pyarrow
	$(Q)BUILD="$(BUILD)" bench/original.sh

bench-check: $(BUILD)/tera-bench $(BUILD)/pond node ## count instructions of small workloads, against bench/instructions.tsv; UPDATE=1 writes it
	$(Q)CC="$(CC)" bench/check.sh $(BUILD) $(if $(UPDATE),update)

C_FILES = $(shell git ls-files '*.c' '*.h')
fmt: $(CLANG_FORMAT) ## format all C sources
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

fmt-check: $(CLANG_FORMAT) ## fail if a C source is not formatted as `make fmt` does
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)

lint: third_party/config.mk $(PAGES) ## run clang-tidy over src, with the checks of .clang-tidy
	@mkdir -p $(BUILD)
	@printf '%s\n' -std=c17 -D_GNU_SOURCE '-I$(CURDIR)/src' -isystem '$(CURDIR)/third_party/duckdb' $(PKG_CFLAGS) \
	    '-DPOND_VERSION="$(VERSION)"' '-DPOND_DATE="$(DATE)"' '-I$(CURDIR)/$(BUILD)/pages' >$(BUILD)/compile_flags.txt
	$(Q)printf '%s\n' $(wildcard src/*/*.c src/*/*/*.c) | xargs -P "$$(nproc)" -n 4 clang-tidy --quiet -p $(BUILD)

# Man pages, one for the program and one for each command that it lists.
man: $(BUILD)/pond ## write the man pages below build/man
	$(Q)rm -rf $(BUILD)/man && mkdir -p $(BUILD)/man/man1
	$(Q)$(BUILD)/pond help --man >$(BUILD)/man/man1/pond.1
	$(Q)for c in $$($(BUILD)/pond help | sed -n '/^Commands:/,/^$$/s/^  \([a-z-]*\) .*/\1/p'); do \
	    $(BUILD)/pond help --man $$c >$(BUILD)/man/man1/pond-$$c.1 || exit; done

# An installed pond looks for its engine in lib/pond.
DEST := $(DESTDIR)$(PREFIX)
ZSH_SITE ?= site-functions
# DIRECTORY,FILES: what runs pond names the program by its path.
define install_units
	mkdir -p $(1)
	install -m 644 -t $(1) $(2)
	sed -i 's|/usr/local/bin/|$(PREFIX)/bin/|' $(addprefix $(1)/,$(notdir $(2)))
endef
install: $(BUILD)/pond $(WEB) man ## install to PREFIX (default /usr/local), below DESTDIR
	install -D -m 755 $(BUILD)/pond $(DEST)/bin/pond
	install -D -m 644 third_party/duckdb/libduckdb.so $(DEST)/lib/pond/libduckdb.so
	mkdir -p $(DEST)/share/pond
	cp -R third_party/web $(DEST)/share/pond/
	mkdir -p $(DEST)/share/pond/examples
	cp -R $(addprefix examples/,kit minimal water air-quality distributed) $(DEST)/share/pond/examples/
	mkdir -p $(DEST)/share/pond/examples/observable
	cp -R $(addprefix examples/observable/,README.md build.sh cache.mjs export.sh load.sh files nodes \
	    observablehq.config.js package.json package-lock.json) $(DEST)/share/pond/examples/observable/
	$(call install_units,$(DEST)/share/pond/examples/unattended,$(wildcard examples/unattended/*))
	$(call install_units,$(DEST)/lib/systemd/system,$(wildcard examples/unattended/pond-run@.*))
	install -D -m 644 -t $(DEST)/share/man/man1 $(BUILD)/man/man1/*.1
	install -D -m 644 src/cli/completion/completion.bash $(DEST)/share/bash-completion/completions/pond
	install -D -m 644 src/cli/completion/completion.zsh $(DEST)/share/zsh/$(ZSH_SITE)/_pond
	install -D -m 644 src/cli/completion/completion.fish $(DEST)/share/fish/vendor_completions.d/pond.fish

deb: $(WEB) ## make a Debian package for this release of Debian, build/pond_VERSION_ARCH.deb
	$(Q)BUILD="$(BUILD)" MAKE="$(MAKE)" packaging/deb

test-deb: deb ## install the package in a bare Debian of this release, use it and remove it; needs root and debootstrap
	$(Q)$(RUN_TESTS) 'tests/deb/run $(BUILD)'

clean: ## remove what was built; downloads stay
	rm -rf build demo

distclean: clean ## remove downloads too
	rm -rf third_party/cache third_party/duckdb third_party/web third_party/node third_party/clang-format \
	    third_party/peers third_party/interop third_party/config.mk

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile mk/fuzz.mk

.PHONY: all man deb test-deb node test check test-fault test-web test-interop demo bench bench-peers bench-original bench-check fmt fmt-check lint install clean distclean help $(ROOMS:%=test-%)
.DELETE_ON_ERROR:

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
