# Fuzzing: `make fuzz` makes up inputs, `make test` runs the seeds and the failing allocations (tests/fuzz/fuzz.h).

FUZZ_TARGETS := $(shell sed -n 's/^TARGET(\(.*\))/\1/p' tests/fuzz/targets.def)
FUZZ_SRCS    := tests/fuzz/fuzz.c $(FUZZ_TARGETS:%=tests/fuzz/fuzz_%.c)
FUZZ_LIBS     = $(TERA_EXTRAS) $(BUILD)/libtera.a $(format_LIBS)
FUZZ_SHARED  := $(wildcard tests/fuzz/*.h tests/fuzz/*.def)
FUZZ_TESTS   := $(BUILD)/fuzz-replay $(if $(SAN),,$(BUILD)/fuzz-alloc)
FUZZ_SECONDS ?= 60
# What inputs of a target are made of, for those that hardly come together by chance.
FUZZ_DICT_template := tera.dict
FUZZ_DICT_render   := tera.dict
FUZZ_DICT_sheet    := xml.dict
$(BUILD)/fuzz-%: ROOM_CFLAGS := -isystem third_party/duckdb

# Seeds and harness, with any compiler.
$(BUILD)/fuzz-replay: tests/fuzz/replay.c $(FUZZ_SRCS) $(FUZZ_LIBS) $(FUZZ_SHARED)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/fuzz $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
$(BUILD)/fuzz-alloc: tests/fuzz/alloc.c tests/fuzz/fuzz.c $(TERA_EXTRAS) $(tera_LIBS) $(FUZZ_SHARED)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/fuzz $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@
# A target and libFuzzer, with clang.
$(BUILD)/fuzz-%: tests/fuzz/entry.c tests/fuzz/fuzz_%.c tests/fuzz/fuzz.c $(FUZZ_LIBS) $(FUZZ_SHARED)
	$(link)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/fuzz -DFUZZ_TARGET=fuzz_$* -fsanitize=fuzzer $(filter %.c %.o %.a,$^) $(ALL_LIBS) -o $@

# Inputs that reach new code go to build/fuzz/corpus, inputs that crash to build/fuzz/crash-<target>-<hash>: fix the
# defect, and add the input to tests/fuzz/seeds/<target>/. `make fuzz-keep` updates tests/fuzz/found.
FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
    -fno-omit-frame-pointer -DPOND_DEBUG
fuzz: ## fuzz each target for FUZZ_SECONDS=60; TARGET=render: that one alone
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS)' \
	    $(patsubst %,fuzz-run-%,$(or $(TARGET),$(FUZZ_TARGETS)))
fuzz-run-%: $(BUILD)/fuzz-%
	@mkdir -p $(BUILD)/corpus/$*
	@echo "  FUZZ  $*, $(FUZZ_SECONDS) s"
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/crash-$*- $(addprefix -dict=tests/fuzz/,$(FUZZ_DICT_$*)) \
	    $(BUILD)/corpus/$* tests/fuzz/seeds/$* tests/fuzz/found/$* >$(BUILD)/$*.log 2>&1 || { tail -n 60 $(BUILD)/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */        runs: /p; s/^stat::average_exec_per_sec: */        a second: /p' \
	    $(BUILD)/$*.log

fuzz-keep: ## keep in tests/fuzz/found, of all that fuzzing found, the fewest inputs that reach all code
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS)' \
	    $(patsubst %,fuzz-keep-%,$(or $(TARGET),$(FUZZ_TARGETS)))
fuzz-keep-%: $(BUILD)/fuzz-%
	$(Q)rm -rf $(BUILD)/kept-$*; mkdir -p $(BUILD)/kept-$* $(BUILD)/corpus/$* tests/fuzz/found/$*
	$(Q)$< -set_cover_merge=1 -use_counters=0 -max_len=300 $(BUILD)/kept-$* tests/fuzz/seeds/$* tests/fuzz/found/$* \
	    $(BUILD)/corpus/$* >$(BUILD)/keep-$*.log 2>&1 || { tail -n 60 $(BUILD)/keep-$*.log; exit 1; }
	$(Q)for seed in tests/fuzz/seeds/$*/*; do rm -f "$(BUILD)/kept-$*/$$(sha1sum <"$$seed" | cut -d' ' -f1)"; done
	$(Q)rm -rf tests/fuzz/found/$*; cp -r $(BUILD)/kept-$* tests/fuzz/found/$*

.PHONY: fuzz fuzz-keep
.SECONDARY: $(FUZZ_TARGETS:%=$(BUILD)/fuzz-%)
