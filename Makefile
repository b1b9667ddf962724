# Rooms, from the bottom up, and the rooms that each may use: the linker holds the architecture to it, since the
# tests of a room are linked with that room and those below only.
ROOMS := base value tera store fs engine factory export cli
base_USES    :=
value_USES   := base
tera_USES    := value base
store_USES   := value base
fs_USES      := store value base
engine_USES  := base
factory_USES := fs store engine tera value base
export_USES  := factory $(factory_USES)
cli_USES     := export $(export_USES)

BUILD ?= build
CC ?= gcc
PKGS := sqlite3 libcrypto libfyaml yajl cmocka
DUCKDB := third_party/duckdb

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Isrc -isystem $(DUCKDB) $(WARN) $(CFLAGS) $(SAN_CFLAGS) $(PKG_CFLAGS) -MMD -MP
LIBS = $(shell pkg-config --libs sqlite3 libcrypto libfyaml yajl) -lunistring -lpthread -ldl -lm
PKG_CFLAGS := $(shell pkg-config --cflags sqlite3 libcrypto libfyaml yajl 2>/dev/null)

ifeq ($(SAN),1)
BUILD := build/san
SAN_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DPOND_DEBUG
endif
Q := $(if $(V),,@)

all: $(BUILD)/pond

define room
$(1)_OBJS := $$(patsubst src/%.c,$(BUILD)/obj/%.o,$$(filter-out src/cli/main.c,$$(wildcard src/$(1)/*.c)))
$(BUILD)/lib$(1).a: $$($(1)_OBJS)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
$(1)_LIBS := $(BUILD)/lib$(1).a $$(patsubst %,$(BUILD)/lib%.a,$$($(1)_USES))
$(1)_TESTS := $$(patsubst tests/unit/$(1)/%.c,$(BUILD)/tests/$(1)-%,$$(wildcard tests/unit/$(1)/test_*.c))
$(BUILD)/tests/$(1)-%: tests/unit/$(1)/%.c $$($(1)_LIBS)
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	$(Q)$(CC) $$(ALL_CFLAGS) $$< $$($(1)_LIBS) $$(LIBS) -lcmocka -o $$@
UNIT_TESTS += $$($(1)_TESTS)
test-$(1): $$($(1)_TESTS)
	$(Q)set -e; for t in $$^; do $$$$t; done
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/pond: $(BUILD)/obj/cli/main.o $(cli_LIBS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

test: $(UNIT_TESTS)
	$(Q)set -e; for t in $^; do $$t; done

fmt:
	clang-format -i $$(git ls-files 'src/*.c' 'src/*.h' 'tests/*.c')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all test fmt clean $(patsubst %,test-%,$(ROOMS))
