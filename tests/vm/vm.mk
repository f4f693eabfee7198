# SPDX-License-Identifier: GPL-2.0
# The programs that the tests in the guest need besides the module and the command.

VM_TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)

# In any folder: each kernel has its own build.
%/nl-client: $(VM_TOP)/tests/vm/nl-client.c $(VM_TOP)/include/uapi/linux/op25b.h
	mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -I$(VM_TOP)/include/uapi \
		$$(pkg-config --cflags libnl-genl-3.0) -o $@ $< $$(pkg-config --libs libnl-genl-3.0)

%/flood: $(VM_TOP)/tests/vm/flood.c
	mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -o $@ $<
