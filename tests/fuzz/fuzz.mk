# SPDX-License-Identifier: GPL-2.0
#
# The fuzzers of core/ and of the command's parsers, with libFuzzer. Included from the top-level
# Makefile; FUZZERS are the programs, for tests/fuzz/run.

FUZZ_CC ?= clang
FUZZ_CFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror -g -O1 \
	-Itests/fuzz -Itests/unit
FUZZ_CORE_CFLAGS := $(FUZZ_CFLAGS) -Itests/unit/shim -Icore
FUZZ_CMD_CFLAGS = $(FUZZ_CFLAGS) -D_GNU_SOURCE -DVERSION='"$(shell cat VERSION)"' \
	-Iinclude/uapi -Itools/op25bctl $(shell pkg-config --cflags libmnl jansson)

FUZZERS := $(addprefix build/fuzz/,classify lpm restore)

build/fuzz/classify: $(addprefix build/fuzz/core/,tests/fuzz/classify.o core/classify.o)
build/fuzz/lpm: $(addprefix build/fuzz/core/, \
	tests/fuzz/lpm.o tests/unit/shim/slab.o core/lpm.o core/garbage.o)
build/fuzz/restore: $(patsubst %.c,build/fuzz/cmd/%.o,tests/fuzz/restore.c $(CMD_SOURCES))
build/fuzz/restore: FUZZ_LIBS = $(shell pkg-config --libs libmnl jansson cmocka)

$(FUZZERS):
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(FUZZ_LIBS)

build/fuzz/core/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CORE_CFLAGS) -MMD -MP -c -o $@ $<

build/fuzz/cmd/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CMD_CFLAGS) -MMD -MP -c -o $@ $<

build/fuzz/cmd/tools/op25bctl/op25bctl.o: FUZZ_CMD_CFLAGS += -Dmain=op25bctl_main

.PHONY: fuzzers
fuzzers: $(FUZZERS)

-include $(shell find build/fuzz/core build/fuzz/cmd -name '*.d' 2>/dev/null)
