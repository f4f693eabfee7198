# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Read by what fetches: packages of other suites, without this machine's noticing.

# apt_sources ARCHES SUITE...: prints this machine's mirrors as apt's sources of these suites, for
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

# private_apt DIR ARCHES SUITE...: an apt of its own in DIR: the mirrors of this machine's
# configuration, but these suites, for these architectures, the first one being the usual one, and
# lists, caches and status of its own. Sets apt_options, which make apt-get and apt-cache use it, and
# updates its lists; what that said is in DIR/log. Fails if this machine has no Debian mirror.
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
	[ -s "$dir/sources.list" ] || return 1
	# A suite may have lost one of its archives (no more security updates): the other will do.
	apt-get "${apt_options[@]}" update >"$dir/log" 2>&1 || true
}
