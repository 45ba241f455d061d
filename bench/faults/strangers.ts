/**
 * Faults that no check declares as its own: other ways in which a property breaks. Each was found by reading a check for
 * what it does not look at; it is here so that it stays noticed. Scripts of root on a Debian machine of the lab, where the
 * user is tester; `undo` brings the machine back.
 */
export type StrangersFault = {
  readonly name: string;
  /** at least one of them has to turn red */
  readonly red: readonly string[];
  readonly apply: string;
  readonly undo: string;
};

const uid = '$(id -u tester)';
const asUser = `runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`;
const dropIns = '/home/tester/.config/systemd/user/docker.service.d';
const manager = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`;
const rootlesskit = '"$(readlink -f "$(command -v rootlesskit)")"';
const runc = '"$(readlink -f "$(command -v runc)")"';
const data = '/home/tester/.local/share/docker';

/** Adds capabilities to what dockerd asks for, and hands on to the runtime itself. */
const generousRuntime = [
  '#!/bin/sh',
  'for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done',
  `[ -z "$bundle" ] || sed -i -E 's/"(bounding|effective|permitted)":\\[/&"CAP_SYS_ADMIN","CAP_NET_ADMIN",/g' "$bundle/config.json"`,
  'exec RUNTIME.real "$@"',
].join('\n');

export const strangersFaults: readonly StrangersFault[] = [
  {
    name: 'the second serial port has mode 666',
    red: ['DEV-GROUP'],
    apply: 'chmod 666 /dev/ttyS2',
    undo: 'chmod 660 /dev/ttyS2',
  },
  {
    name: 'the first serial port may be read by all',
    red: ['DEV-GROUP'],
    apply: 'chmod 664 /dev/ttyS1',
    undo: 'chmod 660 /dev/ttyS1',
  },
  {
    name: 'the node of a serial port is gone',
    red: ['DEV-GROUP'],
    apply: 'rm /dev/ttyS1',
    undo: 'mknod /dev/ttyS1 c 4 65; chown root:dialout /dev/ttyS1; chmod 660 /dev/ttyS1',
  },
  {
    name: 'a profile of the system takes XDG_RUNTIME_DIR away',
    red: ['PRE-XDG'],
    apply: "echo 'unset XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
    undo: 'rm /etc/profile.d/rdc-x.sh',
  },
  {
    name: 'a profile of the system sends the client elsewhere',
    red: ['SOCK-CTX'],
    apply: "echo 'export DOCKER_HOST=tcp://127.0.0.1:2375' > /etc/profile.d/rdc-d.sh",
    undo: 'rm /etc/profile.d/rdc-d.sh',
  },
  ...['pid', 'ipc', 'uts', 'cgroup'].map((kind) => ({
    name: `no ${kind} namespace can be made`,
    red: ['PRE-USERNS-MAX'],
    apply: `sysctl -n user.max_${kind}_namespaces > /run/rdc-max; sysctl -qw user.max_${kind}_namespaces=0`,
    undo: `sysctl -qw user.max_${kind}_namespaces=$(cat /run/rdc-max)`,
  })),
  {
    name: 'the cgroup of the service has a limit of processes',
    red: ['SVC-UNIT'],
    apply: `echo 300 > ${manager}/app.slice/docker.service/pids.max`,
    undo: `echo max > ${manager}/app.slice/docker.service/pids.max`,
  },
  {
    name: 'a slice above the service has a limit of memory',
    red: ['SVC-UNIT'],
    apply: `${asUser} set-property --runtime app.slice MemoryMax=900M`,
    undo: `${asUser} set-property --runtime app.slice MemoryMax=infinity`,
  },
  {
    name: "the service has root's power without root's UID",
    red: ['NS-DAEMON-EUID'],
    apply: `setcap cap_sys_admin,cap_dac_override+ep ${rootlesskit}; ${asUser} restart docker`,
    undo: `setcap -r ${rootlesskit}; ${asUser} restart docker`,
  },
  {
    name: "the bytes of the user's key quota are nearly used up",
    red: ['LIM-KEYS'],
    apply: 'sysctl -qw kernel.keys.maxbytes=1500',
    undo: 'sysctl -qw kernel.keys.maxbytes=20000',
  },
  {
    name: 'the API is open by TCP without TLS',
    red: ['SOCK-PRIVATE'],
    apply: `install -d -o tester ${dropIns}; script=$(PATH=$PATH:/usr/share/docker.io/contrib; command -v dockerd-rootless.sh)
printf '[Service]\\nExecStart=\\nExecStart=%s -H unix:///run/user/%s/docker.sock -H tcp://0.0.0.0:2375\\n' "$script" "${uid}" > ${dropIns}/rdc-tcp.conf
${asUser} daemon-reload; ${asUser} restart docker`,
    undo: `rm ${dropIns}/rdc-tcp.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload; ${asUser} restart docker`,
  },
  {
    name: 'the data root is in memory',
    red: ['SOCK-DATA'],
    apply: `${asUser} stop docker; mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=710,size=600m tmpfs ${data}; ${asUser} start docker`,
    undo: `${asUser} stop docker; umount ${data}; ${asUser} start docker`,
  },
  {
    name: 'a firewall lets the user reach no other host',
    red: ['NET-FWD'],
    apply: 'iptables -I OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
    undo: 'iptables -D OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
  },
  {
    name: 'the runtime gives containers more capabilities than dockerd asks for',
    red: ['SEC-CAPS'],
    apply: `r=${runc}; mv $r $r.real; cat > $r <<'END'
${generousRuntime}
END
sed -i "s#RUNTIME#$r#" $r; chmod 755 $r`,
    undo: `r=${runc}; mv $r.real $r`,
  },
  {
    name: 'ports below 2000 are privileged too',
    red: ['PORT-PRIV-DENY'],
    apply: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=2000',
    undo: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=1024',
  },
  {
    name: 'the helper for groups has no privilege, the one for users has',
    red: ['PRE-NEWIDMAP'],
    apply:
      'f=$(command -v newgidmap); getcap $f > /run/rdc-cap; stat -c %a $f > /run/rdc-mode; setcap -r $f 2>/dev/null; chmod 755 $f',
    undo: 'f=$(command -v newgidmap); chmod $(cat /run/rdc-mode) $f; [ ! -s /run/rdc-cap ] || setcap "$(sed "s/^[^ ]* //" /run/rdc-cap)" $f',
  },
  {
    name: 'the mount of the helpers takes set-user-ID and capabilities away',
    red: ['PRE-NEWIDMAP'],
    apply: 'mount --bind /usr/bin /usr/bin; mount -o remount,bind,nosuid /usr/bin',
    undo: 'umount -l /usr/bin',
  },
  {
    name: 'log-ins may start few processes',
    red: ['LIM-NPROC'],
    apply: `echo 'tester - nproc 700' > /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
    undo: `rm /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
  },
];
