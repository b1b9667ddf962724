# pond: `make` builds build/pond, `make help` says what else there is. V=1 shows the commands.

BUILD  ?= build
PREFIX ?= /usr/local
VERSION := 0.1.0
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

all: $(BUILD)/pond ## build build/pond, fetching what that needs

include mk/rooms.mk

# What the machine has
# ------------------------------------------------------------------------------------------------------------------
# config.mk is made when it is missing, when what it depends on changes, and when a library that it found is gone;
# make then starts over with the new one. Goals that compile nothing do without.

ifneq ($(filter-out help clean fmt distclean,$(or $(MAKECMDGOALS),all)),)
include third_party/config.mk
endif
third_party/config.mk: scripts/bootstrap scripts/fetch third_party/lock $(CONFIG_NEEDS)
	$(Q)CC="$(CC)" scripts/bootstrap
$(CONFIG_NEEDS):

# Compiling and linking
# ------------------------------------------------------------------------------------------------------------------

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Isrc $(WARN) $(CFLAGS) $(SAN_CFLAGS) $(PKG_CFLAGS) $(ROOM_CFLAGS) -MMD -MP
ALL_LIBS   = -Wl,--as-needed $(PKG_LIBS) -lpthread -ldl -lm

# The engine loads libduckdb when it first needs it (src/engine/load.c); only its header is needed here.
$(BUILD)/obj/engine/%.o: ROOM_CFLAGS := -isystem third_party/duckdb

$(BUILD)/obj/cli/%.o: ROOM_CFLAGS := -DPOND_VERSION='"$(VERSION)"'

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

RUN_TESTS := PATH="$(abspath $(BUILD)):$$PATH" tests/run $(if $(SAN),--stress)

# A room is an archive of the objects in its folder and the folders in that; main.c alone is in none. An archive knows
# its objects by their file names only, so those are unique within a room. Its tests link what it may use, and no more.
define room
$(1)_OBJS  := $$(patsubst src/%.c,$(BUILD)/obj/%.o,$$(filter-out src/cli/main.c,$$(wildcard src/$(1)/*.c src/$(1)/*/*.c)))
$(1)_LIBS  := $(BUILD)/lib$(1).a $$(patsubst %,$(BUILD)/lib%.a,$$($(1)_USES))
$(1)_TESTS := $$(patsubst tests/unit/$(1)/%.c,$(BUILD)/tests/$(1)-%,$$(wildcard tests/unit/$(1)/test_*.c))

$(BUILD)/lib$(1).a: $$($(1)_OBJS)
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
$(BUILD)/tests/$(1)-%: tests/unit/$(1)/%.c $$($(1)_LIBS)
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	$(Q)$(CC) $$(ALL_CFLAGS) $$< $$($(1)_LIBS) $(CMOCKA_LIBS) $$(ALL_LIBS) -o $$@
test-$(1): $$($(1)_TESTS)
	$(Q)$$(RUN_TESTS) $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

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

# What to do with it
# ------------------------------------------------------------------------------------------------------------------

UNIT_TESTS := $(foreach r,$(ROOMS),$($(r)_TESTS))
CLI_CASES  := $(wildcard tests/cli/*.test)
EXAMPLES   := $(patsubst examples/tera/%.c,$(BUILD)/examples/tera-%,$(wildcard examples/tera/*.c))

test: $(UNIT_TESTS) $(BUILD)/pond $(BUILD)/cli-cases $(EXAMPLES) $(FUZZ_TESTS) ## run all tests; SAN=1: with address and undefined sanitizers
	$(Q)$(RUN_TESTS) $(UNIT_TESTS) '$(BUILD)/cli-cases $(BUILD) $(CLI_CASES)' tests/tutorial.sh \
	    tests/values/run tests/delta/run 'tests/history/run 1 8' tests/commands.sh tests/docs/run 'tests/docs/examples $(BUILD)' \
	    '$(BUILD)/fuzz-replay tests/fuzz/seeds tests/fuzz/found' \
	    $(if $(SAN),,'$(BUILD)/fuzz-alloc tests/fuzz/seeds/render/*' tests/layers.sh 'tests/web/run --if-possible')

test-fault: $(store_LIBS) $(BUILD)/pond ## break the disk at every call, under the store and under whole commands; takes some minutes
	$(Q)BUILD="$(BUILD)" CC="$(CC)" $(RUN_TESTS) tests/fault/store.sh tests/fault/commands.sh

test-web: $(BUILD)/pond ## test the pages of the example in headless Chromium, which is installed if it is missing
	$(Q)scripts/bootstrap --browser
	$(Q)$(RUN_TESTS) tests/web/run

demo: $(BUILD)/pond ## build the example's pond and site from nothing, in ./demo
	$(Q)rm -rf demo/pond
	$(Q)PATH="$(abspath $(BUILD)):$$PATH" examples/air-quality/build.sh demo/pond demo/site

bench: $(BUILD)/tera-bench $(BUILD)/engine-copy $(BUILD)/pond ## measure the template engine and exports, as bench/README.md tells
	$(Q)node bench/cases.mjs $(BUILD)/cases
	$(Q)$(BUILD)/tera-bench $(BUILD)/cases/*.json
	$(Q)BUILD="$(BUILD)" bench/export.sh

bench-peers: $(BUILD)/tera-bench $(BUILD)/tera-cases ## measure the template engine beside Tera, Jinja2 and Nunjucks
	$(Q)bench/peers/build.sh $(BUILD)
	$(Q)node bench/cases.mjs $(BUILD)/cases
	$(Q)node bench/features.mjs $(BUILD)/cases/features
	$(Q)bench/peers/run.py $(BUILD) $(BUILD)/cases/*.json
	$(Q)bench/peers/run.py --brief $(BUILD) $(BUILD)/cases/features/*.json

fmt: ## format all C sources
	clang-format -i $$(git ls-files '*.c' '*.h')

# lib/pond is where an installed pond looks for its engine.
DEST := $(DESTDIR)$(PREFIX)
install: $(BUILD)/pond ## install to PREFIX (default /usr/local), below DESTDIR
	install -D -m 755 $(BUILD)/pond $(DEST)/bin/pond
	install -D -m 644 third_party/duckdb/libduckdb.so $(DEST)/lib/pond/libduckdb.so
	mkdir -p $(DEST)/share/pond
	cp -R third_party/web $(DEST)/share/pond/
	$(if $(wildcard docs/pond.1),install -D -m 644 docs/pond.1 $(DEST)/share/man/man1/pond.1)

clean: ## remove what was built; what was fetched stays
	rm -rf build demo

distclean: clean ## remove what was fetched as well
	rm -rf third_party/cache third_party/duckdb third_party/web third_party/config.mk

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile mk/fuzz.mk

.PHONY: all test test-fault test-web demo bench bench-peers fmt install clean distclean help $(ROOMS:%=test-%)
.DELETE_ON_ERROR:

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
