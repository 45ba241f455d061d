#!/bin/sh
# The one step of action.yml: inputs come as variables, the exit code is that of rdc run.
set -eu

set -- --provider "$PROVIDER" --gate "$GATE" --out "$OUT"
[ -z "$WAIVERS" ] || set -- "$@" --waivers "$WAIVERS"
[ -z "$BASELINE" ] || set -- "$@" --baseline "$BASELINE" --fail-on regression
code=0
# names of machines have no spaces
# shellcheck disable=SC2086
"$GITHUB_ACTION_PATH/rdc" run $MACHINES "$@" || code=$?
# what was refused before it began has left nothing to export
[ -d "$OUT" ] || exit "$code"
"$GITHUB_ACTION_PATH/rdc" export "$OUT" --format markdown >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}" || echo "no summary: exit code $?" >&2
"$GITHUB_ACTION_PATH/rdc" export "$OUT" --format sarif >"$OUT/rdc.sarif" || echo "no SARIF: exit code $?" >&2
exit "$code"
