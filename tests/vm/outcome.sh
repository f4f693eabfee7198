# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by scripts that run tests/vm/check several times side by side.

# outcome WHAT LOG STATUS SECONDS: prints one line about a run of tests/vm/check, by the log that it has
# left and its exit status, and what the log says of a failure. Fails if the run did; a skipped test is a
# failure.
outcome() {
	local what=$1 log=$2 status=$3 seconds=$4 summary
	summary=$(sed -nE 's/^=+ (.*) in [0-9.]+s.*=+$/\1/p' "$log" | tail -n 1)
	case $summary in
	*skipped* | *xfailed* | *xpassed*) status=1 ;;
	esac
	echo "$what ${summary:-no test ran}, $seconds seconds"
	[ "$status" != 0 ] || return 0
	if [ -n "$summary" ]; then
		# what pytest found wrong follows an E; what the kernel has complained of, the number of
		# its line in the kernel's log
		grep -E '^(E  |memory:|FAILED|ERROR|fetch-|install-deps|tests/guest/run|[0-9]+:\[)' "$log" ||
			tail -n 20 "$log"
	else
		tail -n 60 "$log"
	fi
	echo "FAILED: $log has more"
	return 1
}
export -f outcome
