import type { Target } from '../../harness/checks/index.ts';

/** As runc asks; systemctl --user and systemd-run --user use a private socket and work without a bus. */
export async function userBus(target: Target) {
  const { stdout } = await target.shell(`
b="$XDG_RUNTIME_DIR/bus"; u=rdc-$$.scope; m=org.freedesktop.systemd1
echo "socket $(stat -Lc '%F %u' "$b")"
# the address that the daemon has, where its unit runs and sets one
a=$(tr '\\0' '\\n' 2>/dev/null < "/proc/$(systemctl --user show -p MainPID --value docker.service 2>/dev/null)/environ" | sed -n 's/^DBUS_SESSION_BUS_ADDRESS=//p')
unset DBUS_SESSION_BUS_ADDRESS; [ -z "$a" ] || export DBUS_SESSION_BUS_ADDRESS="$a"
echo "owner $(busctl --user --no-pager status | sed -n 's/^OwnerUID=//p')"
busctl --user call $m /org/freedesktop/systemd1 $m.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' $u fail 2 PIDs au 1 $$ Slice s user.slice 0 >/dev/null &&
for i in $(seq 50); do grep -q "/$u$" /proc/$$/cgroup && break; sleep 0.1; done
sed 's/^0::/cgroup /' /proc/$$/cgroup`);
  return parseUserBus(stdout);
}

export function parseUserBus(text: string) {
  const owner = /^owner (\d+)$/m.exec(text)?.[1];
  return {
    socket: /^socket (\S.*)$/m.exec(text)?.[1] ?? null,
    owner: owner === undefined ? null : Number(owner),
    cgroup: /^cgroup (\/.*)$/m.exec(text)?.[1] ?? null,
  };
}
