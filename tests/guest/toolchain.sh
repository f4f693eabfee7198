# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Sourced by scripts that build for the kernels that fetch-kernel fetches.

# The packages that a guest needs to run the tests if it cannot run this machine's programs.
guest_packages=(busybox-static python3 python3-pytest python3-yaml python3-jsonschema iproute2
	nftables iptables kmod strace util-linux ulogd2 ulogd2-json systemd mount hostname grep sed findutils
	diffutils tar xz-utils zstd dpkg dkms patch lsb-release perl-base libc6-dev libmnl-dev libjansson-dev libnl-genl-3-dev)
# The packages that build a module for sid's kernel, with either compiler, and check it.
sid_packages=(gcc-16-for-host clang-22 make libelf1t64 libc6-dev dwarves sparse kmod grep sed
	findutils diffutils tar xz-utils zstd perl-base dpkg dkms patch lsb-release util-linux mount)

# toolchain SUITE ARCH: prepares building for the kernel of that suite and architecture. Sets
#
#   name    the name of this combination
#   kernel  the kernel's folder
#   root    the guest's root file system; empty if it is this machine's
#   build   the prefix of a command that builds the module
#   cross   the prefix of a command that builds a program for the guest
#   machine the kernel's name of the architecture
toolchain() {
	local guest suite=$1 arch=$2 gnu=
	guest=$(dirname "${BASH_SOURCE[0]}")
	name=$suite root='' build=() cross=() machine=x86_64
	[ "$suite" != debug ] || {
		kernel=$("$guest/../debug/build-kernel")
		return
	}
	kernel=$("$guest/fetch-kernel" "$suite" "$arch") || return
	case $suite-$arch in
	sid-amd64)
		# The programs of its linux-kbuild need sid's libc, and its headers sid's compiler.
		build=("$guest/in-root" "$("$guest/fetch-root" sid amd64 "${sid_packages[@]}")") || return
		;;
	*-amd64)
		"$guest/install-deps" gcc dwarves >&2
		;;
	*-i386)
		# Only the module is built for it, by this machine's compiler; no guest runs it.
		name+=-$arch machine=i686 build=(env ARCH=i386)
		"$guest/install-deps" gcc dwarves >&2
		;;
	*)
		name+=-$arch
		case $arch in
		arm64) machine=aarch64 build=(env ARCH=arm64) ;;
		s390x) machine=s390x build=(env ARCH=s390) ;;
		esac
		gnu=$machine-linux-gnu
		"$guest/install-deps" "gcc-${gnu/_/-}" >&2
		build+=("CROSS_COMPILE=$gnu-")
		root=$("$guest/fetch-root" bookworm "$arch" "${guest_packages[@]}") || return
		cross=(env "CC=$gnu-gcc --sysroot=$root" "PKG_CONFIG_SYSROOT_DIR=$root"
			"PKG_CONFIG_LIBDIR=$root/usr/lib/$gnu/pkgconfig:$root/usr/share/pkgconfig")
		;;
	esac
}
