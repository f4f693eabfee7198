# SPDX-License-Identifier: GPL-2.0
# The fuzzer of the netlink family

FUZZ_TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../../..)
FUZZ_DIR := $(FUZZ_TOP)/tests/fuzz/netlink
FUZZ_BUILD := $(FUZZ_TOP)/build/fuzz/netlink

$(FUZZ_BUILD)/fuzz-netlink: $(wildcard $(FUZZ_DIR)/*.[ch]) $(FUZZ_TOP)/include/uapi/linux/op25b.h
	mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -I$(FUZZ_TOP)/include/uapi \
		$$(pkg-config --cflags libmnl) -o $@ $(filter %.c,$^) $$(pkg-config --libs libmnl)
