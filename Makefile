# SPDX-License-Identifier: GPL-2.0
#
# op25b: the module (Kbuild), its command (tools/op25bctl) and their tests.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local

.DEFAULT_GOAL := all

ifeq ($(wildcard VERSION),)
$(error call make in the folder of its Makefile, or with -C)
endif

# The tests call make themselves. Options and variables of this one, such as -j, -w or CC=, are not
# theirs: they would change what is printed and what is built.
TEST := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  KVER=RELEASE   the kernel to build for, as uname -r prints it (default: the running one)"
	@echo "  KDIR=DIR       its headers, if they are elsewhere (default: /lib/modules/RELEASE/build)"
	@echo "  PREFIX=DIR     where install puts the command and its man page (default: $(PREFIX))"
	@echo "  DESTDIR=DIR    a prefix for every path that is installed, for packages"

.PHONY: all
all: module tools ## builds the module and the command

# $(call needs,WHAT...) names all that is missing before anything is built or installed.
needs = @KVER="$(KVER)" KDIR="$(KDIR)" CC="$(CC)" tools/install/needs $(1)

.PHONY: module
module: ## builds op25b.ko
	$(if $(word 2,$(subst :, ,[$(CURDIR)])),$(error the kernel's build system cannot build in a folder \
		whose name has a blank or a colon: "$(CURDIR)"))
	$(call needs,module)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: tools
tools: ## builds tools/op25bctl/op25bctl
	$(call needs,command)
	$(MAKE) -C tools/op25bctl

# Other makes are called in other folders.
INSTALL_ROOT = $(abspath $(DESTDIR))

.PHONY: install
install: ## installs the module, the command, its man page, completion, systemd units, BRAS hook
	$(call needs,module command install)
	$(MAKE) all
	tools/install/module check "$(INSTALL_ROOT)"
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH="$(INSTALL_ROOT)" modules_install
	tools/install/module installed "$(INSTALL_ROOT)"
	$(MAKE) -C tools/op25bctl install PREFIX="$(PREFIX)" DESTDIR="$(INSTALL_ROOT)"

.PHONY: uninstall
uninstall: ## removes what install has installed, for all kernels
	tools/install/module uninstall "$(INSTALL_ROOT)"
	$(MAKE) -C tools/op25bctl uninstall PREFIX="$(PREFIX)" DESTDIR="$(INSTALL_ROOT)"

# The files that DKMS builds the module from
DKMS_FILES := Kbuild VERSION LICENSE dkms.conf $(wildcard op25b_*.[ch]) core compat include
DKMS_SOURCE = $(INSTALL_ROOT)/usr/src/op25b-$(shell cat VERSION)

.PHONY: dkms
dkms: ## has DKMS build and install the module, for this kernel and later ones
	$(if $(filter command,$(firstword $(origin KDIR))),$(error DKMS finds headers itself: use KVER=RELEASE))
	$(call needs,dkms)
	$(MAKE) dkms-source DESTDIR=
	tools/install/dkms install "$(KVER)"

# A file that only an earlier version has must not stay: in compat/ it would replace the kernel's.
.PHONY: dkms-source
dkms-source:
	rm -rf "$(DKMS_SOURCE).new"
	install -d "$(DKMS_SOURCE).new"
	tar -c --exclude='*.o' --exclude='.*' $(DKMS_FILES) | tar -x --no-same-owner -C "$(DKMS_SOURCE).new"
	rm -rf "$(DKMS_SOURCE)"
	mv "$(DKMS_SOURCE).new" "$(DKMS_SOURCE)"

.PHONY: dkms-uninstall
dkms-uninstall: ## removes the module and its sources from DKMS, for all kernels
	tools/install/dkms uninstall

.PHONY: dist
dist: ## packs the sources of HEAD as build/packages/op25b-VERSION.tar.xz
	$(TEST) tools/packages/dist

.PHONY: deb
deb: ## builds the Debian packages of HEAD, for Debian 12 and 13, in build/packages
	$(TEST) tools/packages/build

.PHONY: demo
demo: ## demonstrates it in a guest: customers, router, relay, foreign mail server
	$(TEST) tests/demo/run

.PHONY: check
check: ## runs the tests that every change has to pass
	$(TEST) tests/guest/precheck
	$(TEST) tests/unit/run
	$(TEST) tests/fuzz/run 0
	$(TEST) tests/bras/check
	$(TEST) tests/vm/check-all

.PHONY: check-unit
check-unit: ## runs the unit tests
	$(TEST) tests/unit/run

.PHONY: check-bras
check-bras: ## replays recorded calls of pppd and accel-ppp to the hook for a BRAS
	$(TEST) tests/bras/check

.PHONY: check-bras-mutate
check-bras-mutate: ## breaks that hook in many ways, and checks that a test fails
	$(TEST) tests/bras/mutate

.PHONY: check-daemons
check-daemons: ## tries that hook with a real pppoe-server, pppd and FreeRADIUS, in a guest
	$(TEST) tests/guest/precheck
	$(TEST) tests/guest/install-deps ppp pppoe freeradius
	$(TEST) tests/vm/check tests/vm/daemons_*.py

.PHONY: check-reload
check-reload: ## tests op25b-reload, with stubs for the programs that it calls
	$(TEST) tests/reload/check

.PHONY: check-monitoring
check-monitoring: ## tests the alerts and runs the dashboard's queries, by a Prometheus of its own
	$(TEST) tests/monitoring/check

.PHONY: check-agents
check-agents: ## tries the Zabbix template with a real server and agent, and the extend of a real snmpd
	$(TEST) tests/monitoring/snmp
	$(TEST) tests/monitoring/zabbix

.PHONY: check-monitoring-mutate
check-monitoring-mutate: ## breaks the alerts in many ways, and checks that a test fails
	$(TEST) tests/monitoring/mutate

.PHONY: check-vm
check-vm: ## runs the tests in a real kernel, in guests
	$(TEST) tests/guest/precheck
	$(TEST) tests/vm/check-all

.PHONY: check-kernels
check-kernels: ## runs check-vm on Linux 5.10, 6.1, 6.12 and sid's, and on arm64 and s390x
	$(TEST) tests/vm/check-kernels

.PHONY: check-fresh
check-fresh: ## runs install, dkms, demo and check on minimal systems of Debian 12 and 13
	$(TEST) tests/fresh/check

.PHONY: check-packages
check-packages: ## builds the Debian packages and RPMs; checks, installs and purges the former
	$(TEST) tests/packages/check

.PHONY: check-boot
check-boot: ## boots Debian 12 and 13 with the packages; installs, upgrades, reloads and purges them there
	$(TEST) tests/packages/boot

.PHONY: check-torture
check-torture: ## runs the torture tests that need no debug kernel
	$(TEST) tests/guest/precheck
	printf '%s.py\n' torture_changes torture_module torture_namespaces torture_restore torture_senders \
		torture_sessions torture_vrfs | $(TEST) tests/vm/check-groups build/vm/torture

.PHONY: check-debug
check-debug: ## runs check-vm, and torture tests, in a debug kernel, which it builds
	$(TEST) tests/debug/check

.PHONY: hostile-table
hostile-table: ## measures the tables of docs/hostile-packets.md anew, in a guest
	$(TEST) tests/vm/check --out build/hostile-packets tests/vm/test_hostile.py -k 'not document'
	cp build/hostile-packets/hostile-packets.md docs/

.PHONY: drawings
drawings: ## draws docs/drawings
	$(TEST) tests/static/drawings --draw

.PHONY: proof
proof: ## has CBMC prove properties of classifier and lookup, in bounded universes
	$(TEST) tests/proof/run

.PHONY: load
load: ## floods a million prefixes for a minute, in a guest; loads 65,535 pools; measures waits
	$(TEST) tests/vm/check -s tests/vm/load_*.py

.PHONY: check-static
check-static: ## runs compilers, sparse, checkpatch, cppcheck, clang-tidy and pahole on the code
	$(TEST) tests/static/kernel
	$(TEST) tests/static/user
	$(TEST) tests/static/structure
	$(TEST) tests/static/lists.py
	$(TEST) tests/static/extensions
	$(TEST) tests/static/drawings
	$(TEST) tests/layout/check
	$(TEST) tests/install/check

.PHONY: check-fuzz
check-fuzz: ## runs the fuzzers on the inputs that are kept
	$(TEST) tests/fuzz/run 0

.PHONY: fuzz
fuzz: ## checks that the fuzzers find planted bugs, and runs each for ten minutes
	$(TEST) tests/fuzz/planted
	$(TEST) tests/fuzz/run 600

.PHONY: fuzz-netlink
fuzz-netlink: ## sends a million netlink messages to the debug kernel
	$(TEST) tests/fuzz/netlink/run

.PHONY: bench
bench: ## measures the cost in instructions, and that of nft and ipset, in a guest
	$(TEST) tests/bench/run

.PHONY: bench-native
bench-native: ## measures the cost in nanoseconds on this processor, in user-mode Linux
	$(TEST) tests/bench/native/run

.PHONY: bench-cache
bench-cache: ## counts the cache misses of a lookup
	$(TEST) tests/bench/cache/run

# A tree without tests/ has none of these files, but can be built and installed.
include $(wildcard tests/unit/core.mk tests/unit/cmd.mk tests/fuzz/fuzz.mk)

UNIT_TESTS := $(CORE_TESTS) $(CMD_TESTS)

# For tests/unit/run, which reads the list of the programs from a file
.PHONY: unit-tests list-unit-tests
unit-tests: $(UNIT_TESTS)
	@echo $(UNIT_TESTS) >build/unit/programs
list-unit-tests:
	@echo $(UNIT_TESTS)

.PHONY: clean
clean: ## removes what was built, but not the kernels that were fetched
	rm -f *.o .*.cmd *.ko *.mod *.mod.c core/*.o core/.*.cmd modules.order Module.symvers \
		.module-common.o
	rm -rf build/unit
	$(MAKE) -C tools/op25bctl clean
