# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by scripts that fetch packages of other suites without changing this machine's apt.

# fail MESSAGE...: prints the message after the script's name, and ends the script.
fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# fetch_once DIR COMMAND...: if COMMAND succeeds, DIR is complete: prints its name and ends the script.
# If not, takes a lock, so that a second run waits and finds the work done, and makes $work, a folder
# next to DIR that is removed when the script ends.
fetch_once() {
	local dir=$1 beside
	beside=${dir%/*}/.${dir##*/}
	shift
	! "$@" || { echo "$dir" && exit; }
	mkdir -p "${dir%/*}"
	exec 9>"$beside.lock"
	flock 9
	! "$@" || { echo "$dir" && exit; }
	rm -rf "$beside".?????? # of runs that were killed
	work=$(mktemp -d "$beside.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
}

# fetched TREE DIR: moves the complete TREE to DIR, and prints DIR.
fetched() {
	rm -rf "$2"
	mv "$1" "$2"
	echo "$2"
}

# apt_sources ARCHES SUITE...: prints apt sources of these suites, from this machine's mirrors, for
# these architectures (amd64,arm64).
apt_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg uri release wanted
	local options="[arch=$1]"
	shift
	[ ! -e $keyring ] || options="${options%]} signed-by=$keyring]"
	apt-get indextargets --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages' |
		while read -r uri release; do
			for wanted; do
				case $release,$wanted in
				*-security,sid | *-security,*-backports) ;;
				*-security,*) echo "deb $options $uri $wanted-security main" ;;
				*-*,*) ;;
				*) echo "deb $options $uri $wanted main" ;;
				esac
			done
		done | sort -u
}

# private_apt DIR ARCHES SUITE...: sets up a separate apt in DIR: the mirrors of this machine's
# configuration, with these suites and architectures, the first of which is the native one, and with
# lists, caches and status of its own. Sets apt_options, which make apt-get and apt-cache use it, and
# updates its lists, with the output in DIR/log.
private_apt() {
	local dir=$1
	shift
	mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial
	apt_options=(-qq -o APT::Architecture="${1%%,*}" -o APT::Architectures="$1"
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::Etc::preferencesparts=- -o Dir::Etc::preferences=-
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null
		-o Dir::Cache="$dir/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)

	apt_sources "$@" >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || fail 'this machine has no Debian mirror in its apt sources'
	# An archive of a suite may be gone (no more security updates): the others are enough.
	apt-get "${apt_options[@]}" update >"$dir/log" 2>&1 || true
}

# download DIR PACKAGE...: downloads the packages into DIR, with the apt of private_apt.
download() {
	local dir=$1
	shift
	(cd "$dir" && apt-get "${apt_options[@]}" download "$@" >>log 2>&1) || {
		cat "$dir/log" >&2
		fail "cannot be fetched: $*"
	}
}
