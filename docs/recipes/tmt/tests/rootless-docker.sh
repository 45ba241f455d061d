#!/bin/sh
# Run by tmt on the guest, in the root of this repository's clone.
set -eu

# sshd gives a login both; where tmt comes in by another way, nobody does.
XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
DBUS_SESSION_BUS_ADDRESS=${DBUS_SESSION_BUS_ADDRESS:-unix:path=$XDG_RUNTIME_DIR/bus}
export XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS

out=$TMT_TEST_DATA/rdc
code=0
./rdc run local --yes --out "$out" || code=$?
./rdc export "$out" --format tmt >"$TMT_TEST_DATA/results.yaml"
# results.yaml names the evidence from where it lies itself
cp -R "$out"/*/evidence "$TMT_TEST_DATA/"
exit "$code"
