# SPDX-License-Identifier: GPL-2.0
#
# Unit tests of op25bctl. A fake kernel replaces its transport.c, and what is installed installed.c.
# Included from the top-level Makefile; CMD_TESTS are the programs to run.

CMD_UNIT = build/unit/cmd
CMD_CFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-std=gnu11 -Wall -Wextra -Werror -g -O1 -D_GNU_SOURCE \
	-DVERSION='"$(shell cat VERSION)"' -Iinclude/uapi -Itools/op25bctl -Itests/unit \
	$(shell pkg-config --cflags libmnl jansson)
CMD_LIBS = $(shell pkg-config --libs libmnl jansson cmocka)

# The command on the fake kernel, for the fuzzers too
CMD_SOURCES := tests/unit/test_cmd.c \
	$(filter-out $(addprefix tools/op25bctl/,transport.c installed.c),$(sort $(wildcard tools/op25bctl/*.c)))
CMD_OBJECTS := $(CMD_SOURCES:%.c=$(CMD_UNIT)/%.o)
CMD_TESTS := $(patsubst tests/unit/%.c,build/unit/%,$(sort $(wildcard tests/unit/test_cmd_*.c)))

# The only one with the real transport.c, without a kernel below it
comma := ,
TRANSPORT_TEST := build/unit/test_cmd_transport
$(TRANSPORT_TEST): $(addprefix $(CMD_UNIT)/,tests/unit/test_cmd_transport.o \
	$(patsubst %,tools/op25bctl/%.o,transport message memory report))
	$(CC) $(CMD_CFLAGS) -o $@ $^ $(CMD_LIBS) \
		$(addprefix -Wl$(comma)--wrap=,recv ppoll $(addprefix mnl_socket_, \
			open2 bind setsockopt get_fd sendto close))

$(filter-out $(TRANSPORT_TEST),$(CMD_TESTS)): build/unit/%: $(CMD_UNIT)/tests/unit/%.o $(CMD_OBJECTS)
	$(CC) $(CMD_CFLAGS) -o $@ $^ $(CMD_LIBS)

$(CMD_UNIT)/tools/op25bctl/op25bctl.o: CMD_CFLAGS += -Dmain=op25bctl_main
# What the tests have fail, and the clock that they have go faster
$(CMD_UNIT)/tools/%.o: CMD_CFLAGS += $(foreach name, \
	fsync malloc calloc realloc reallocarray strdup fopencookie open_memstream fdopen exit \
	clock_gettime poll,-D$(name)=cmd_$(name))

$(CMD_UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CMD_CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(CMD_UNIT) -name '*.d' 2>/dev/null)
