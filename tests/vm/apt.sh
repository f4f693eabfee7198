# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Read by fetch-kernel and fetch-ynl: packages of other suites, without this machine's noticing.

# private_apt DIR SUITE...: an apt of its own in DIR: the mirrors of this machine's configuration,
# but these suites, and lists, caches and status of its own. Sets apt_options, which make apt-get
# and apt-cache use it, and updates its lists; what that said is in DIR/log. Fails if this machine
# has no Debian mirror.
private_apt() {
	local dir=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed= uri release wanted
	shift
	mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial
	apt_options=(-qq -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::Etc::preferencesparts=- -o Dir::Etc::preferences=-
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null
		-o Dir::Cache="$dir/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)

	[ ! -e $keyring ] || signed="[arch=amd64 signed-by=$keyring]"
	apt-get indextargets --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages' |
		while read -r uri release; do
			for wanted; do
				case $release,$wanted in
				*-security,sid | *-security,*-backports) ;;
				*-security,*) echo "deb $signed $uri $wanted-security main" ;;
				*-*,*) ;;
				*) echo "deb $signed $uri $wanted main" ;;
				esac
			done
		done | sort -u >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || return 1
	# A suite may have lost one of its archives (no more security updates): the other will do.
	apt-get "${apt_options[@]}" update >"$dir/log" 2>&1 || true
}
