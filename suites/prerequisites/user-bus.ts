import type { Target } from '../../harness/checks/index.ts';

/** The way by which runc gets a container its cgroup: the user's bus, and the user manager behind it. */
export type UserBus = {
  /** `socket 1001`: what lies at $XDG_RUNTIME_DIR/bus, in stat's words, and its owner */
  readonly socket: string | null;
  /** UID of the bus, as runc reads it: from `busctl --user status` */
  readonly owner: number | null;
  /** cgroup of a process for which a transient scope was asked for over the bus; the kernel's word */
  readonly cgroup: string | null;
};

/**
 * Asks over the bus for a scope in user.slice around the script's own shell, as runc does for a container.
 * `systemctl --user` and `systemd-run --user` would not do: they talk to the user manager's private socket and work
 * without any bus.
 */
export async function userBus(target: Target): Promise<UserBus> {
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

/** Pure. */
export function parseUserBus(text: string): UserBus {
  const owner = /^owner (\d+)$/m.exec(text)?.[1];
  return {
    socket: /^socket (\S.*)$/m.exec(text)?.[1] ?? null,
    owner: owner === undefined ? null : Number(owner),
    cgroup: /^cgroup (\/.*)$/m.exec(text)?.[1] ?? null,
  };
}
