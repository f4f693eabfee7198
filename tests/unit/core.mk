# SPDX-License-Identifier: GPL-2.0
#
# Unit tests of core/ and of the module's own sources, unmodified, which include the shims of
# tests/unit/shim. Included from the top-level Makefile; CORE_TESTS are the programs to run, in the
# top-level folder.

CORE_UNIT := build/unit/core
CORE_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Wall -Wextra -Wno-unused-parameter -Werror -g -O1 \
	-Itests/unit/shim -Iinclude/uapi -Icore -Itests/unit -I.

# The folder of tests/unit/fetch-geo
GEO_RANGES := build/geo/ranges

CORE_TESTS := $(addprefix build/unit/test_, classify confirm log lpm restore sender session table)

CORE_OBJECTS_classify := $(addprefix $(CORE_UNIT)/, \
	tests/unit/test_classify.o tests/unit/check.o core/classify.o)
CORE_OBJECTS_log := $(addprefix $(CORE_UNIT)/, \
	tests/unit/test_log.o tests/unit/check.o tests/unit/shim/slab.o tests/unit/shim/later.o \
	op25b_log.o op25b_recorder.o \
	core/sender.o core/estimate.o core/lpm.o core/garbage.o)
CORE_OBJECTS_lpm := $(addprefix $(CORE_UNIT)/, \
	tests/unit/test_lpm.o tests/unit/check.o tests/unit/text.o tests/unit/shim/slab.o \
	core/lpm.o core/garbage.o)
CORE_OBJECTS_harness := $(addprefix $(CORE_UNIT)/, \
	tests/unit/harness.o tests/unit/model.o tests/unit/check.o \
	tests/unit/text.o tests/unit/shim/slab.o tests/unit/shim/later.o \
	op25b_table.o op25b_directory.o op25b_recording.o op25b_change.o op25b_step.o op25b_expire.o \
	op25b_policy.o op25b_domain.o op25b_extra.o op25b_vrf.o \
	op25b_pin.o op25b_confirm.o op25b_workqueue.o \
	op25b_stats.o op25b_judge.o op25b_hook.o \
	op25b_session.o op25b_session_change.o core/classify.o core/lpm.o core/garbage.o)
CORE_OBJECTS_confirm := $(CORE_UNIT)/tests/unit/test_confirm.o $(CORE_OBJECTS_harness)
CORE_OBJECTS_table := $(CORE_UNIT)/tests/unit/test_table.o $(CORE_OBJECTS_harness)
CORE_OBJECTS_restore := $(addprefix $(CORE_UNIT)/, tests/unit/test_restore.o op25b_restore.o) \
	$(CORE_OBJECTS_harness)
CORE_OBJECTS_session := $(addprefix $(CORE_UNIT)/, tests/unit/test_session.o op25b_session_end.o) \
	$(CORE_OBJECTS_harness)

CORE_OBJECTS_sender := $(addprefix $(CORE_UNIT)/, \
	tests/unit/test_sender.o tests/unit/check.o core/sender.o core/estimate.o)

build/unit/test_classify: $(CORE_OBJECTS_classify)
build/unit/test_confirm: $(CORE_OBJECTS_confirm)
build/unit/test_log: $(CORE_OBJECTS_log)
build/unit/test_lpm: $(CORE_OBJECTS_lpm) | build/geo/ipv4 build/geo/ipv6
build/unit/test_restore: $(CORE_OBJECTS_restore)
build/unit/test_sender: $(CORE_OBJECTS_sender)
build/unit/test_session: $(CORE_OBJECTS_session)
build/unit/test_table: $(CORE_OBJECTS_table)

$(CORE_TESTS):
	$(CC) $(CORE_CFLAGS) -o $@ $^ -lcmocka -lm

$(CORE_UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -MMD -MP -c -o $@ $<

build/geo/ipv4: tests/unit/geo-prefixes.py $(GEO_RANGES)/geoip
	@mkdir -p $(@D)
	tests/unit/geo-prefixes.py 4 < $(GEO_RANGES)/geoip > $@.new
	mv $@.new $@

build/geo/ipv6: tests/unit/geo-prefixes.py $(GEO_RANGES)/geoip6
	@mkdir -p $(@D)
	tests/unit/geo-prefixes.py 6 < $(GEO_RANGES)/geoip6 > $@.new
	mv $@.new $@

$(GEO_RANGES)/geoip $(GEO_RANGES)/geoip6:
	tests/unit/fetch-geo >/dev/null

# Test the tests: each mutation of a source has to make one of them fail.
.PHONY: check-unit-mutate
check-unit-mutate: $(CORE_TESTS)
	CC="$(CC)" CFLAGS="$(CORE_CFLAGS)" OBJECTS_classify="$(CORE_OBJECTS_classify)" \
		OBJECTS_confirm="$(CORE_OBJECTS_confirm)" \
		OBJECTS_log="$(CORE_OBJECTS_log)" \
		OBJECTS_lpm="$(CORE_OBJECTS_lpm)" OBJECTS_restore="$(CORE_OBJECTS_restore)" \
		OBJECTS_sender="$(CORE_OBJECTS_sender)" \
		OBJECTS_session="$(CORE_OBJECTS_session)" OBJECTS_table="$(CORE_OBJECTS_table)" \
		tests/unit/mutate $(MUTATE)

-include $(shell find $(CORE_UNIT) -name '*.d' 2>/dev/null)
