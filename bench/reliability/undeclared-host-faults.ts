import {
  asUser,
  configuredWith,
  dockerd,
  type FaultsByCheck,
  fault,
  needing,
  restarted,
  restartedWith,
  switched,
  uid,
  withChanged,
  withFile,
  withLimit,
  withProperty,
  withSysctl,
} from './undeclared-fault.ts';

const rootlesskit = '"$(readlink -f "$(command -v rootlesskit)")"';
const runc = '"$(readlink -f "$(command -v runc)")"';
const hardNofile = `$(prlimit --pid ${dockerd} --nofile -o HARD --noheadings | tr -d ' ')`;

/** Adds capabilities to what dockerd asks for, and hands on to the runtime itself. */
const generousRuntime = [
  '#!/bin/sh',
  'for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done',
  `[ -z "$bundle" ] || sed -i -E 's/"(bounding|effective|permitted)":\\[/&"CAP_SYS_ADMIN","CAP_NET_ADMIN",/g' "$bundle/config.json"`,
  'exec RUNTIME.real "$@"',
].join('\n');

/** Of what the host gives, and what containers may do with it. */
export const hostFaults: FaultsByCheck = {
  'DEV-GROUP': {
    'the second serial port has mode 666': needing('serial ports', switched('chmod VALUE /dev/ttyS2', '666', '660')),
    'the first serial port may be read by all': needing(
      'serial ports',
      switched('chmod VALUE /dev/ttyS1', '664', '660'),
    ),
    'the node of a serial port is gone': needing(
      'serial ports',
      fault('rm /dev/ttyS1', 'mknod /dev/ttyS1 c 4 65; chown root:dialout /dev/ttyS1; chmod 660 /dev/ttyS1'),
    ),
    'a serial port belongs to another group of the user': needing(
      'serial ports',
      fault('chgrp users /dev/ttyS1; usermod -aG users tester', 'chgrp dialout /dev/ttyS1'),
    ),
  },
  'DEV-666': {
    'the ACL of a serial port shuts out whom its mode lets in': needing(
      'serial ports',
      fault('setfacl -m g:nogroup:--- /dev/ttyS1', 'setfacl -b /dev/ttyS1'),
    ),
  },
  'PRE-XDG': {
    'a profile of the system takes XDG_RUNTIME_DIR away': withFile('/etc/profile.d/rdc-x.sh', 'unset XDG_RUNTIME_DIR'),
    'a profile of the system has a runtime directory of its own': fault(
      "echo 'export XDG_RUNTIME_DIR=/tmp/rdc-runtime-$(id -u); mkdir -p -m 700 $XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
      'rm -rf /etc/profile.d/rdc-x.sh /tmp/rdc-runtime-*',
    ),
    'the runtime directory is full': fault(
      `dd if=/dev/zero of=/run/user/${uid}/rdc-full bs=1M 2>/dev/null || :`,
      `rm /run/user/${uid}/rdc-full`,
    ),
  },
  'PRE-USERNS-MAX': {
    'no pid namespace can be made': needing('limits that root may change', withSysctl('user.max_pid_namespaces', 0)),
    'no ipc namespace can be made': needing('limits that root may change', withSysctl('user.max_ipc_namespaces', 0)),
    'no uts namespace can be made': needing('limits that root may change', withSysctl('user.max_uts_namespaces', 0)),
    'no cgroup namespace can be made': needing(
      'limits that root may change',
      withSysctl('user.max_cgroup_namespaces', 0),
    ),
    'there is room for one pid namespace': needing(
      'limits that root may change',
      withSysctl('user.max_pid_namespaces', 1),
    ),
  },
  'NS-DAEMON-EUID': {
    "the service has root's power without root's UID": restarted(
      fault(`setcap cap_sys_admin,cap_dac_override+ep ${rootlesskit}`, `setcap -r ${rootlesskit}`),
    ),
    'the service starts a process of root that leaves its parent': fault(
      `install -m 4755 "$(command -v sleep)" /usr/local/bin/rdc-sleep
${restartedWith("ExecStartPost=/bin/sh -c '\\''/usr/local/bin/rdc-sleep infinity &'\\''").apply}`,
      `${restartedWith().undo}; rm /usr/local/bin/rdc-sleep`,
    ),
    'the network driver is set-group-ID': restarted(
      fault(
        'f=$(command -v slirp4netns); chgrp dialout $f; chmod 2755 $f',
        'f=$(command -v slirp4netns); chgrp root $f; chmod 755 $f',
      ),
    ),
  },
  'LIM-KEYS': {
    "the bytes of the user's key quota are nearly used up": withSysctl('kernel.keys.maxbytes', 1500),
  },
  'SEC-CAPS': {
    'the runtime gives containers more capabilities than dockerd asks for': fault(
      `r=${runc}; mv $r $r.real; cat > $r <<'END'
${generousRuntime}
END
sed -i "s#RUNTIME#$r#" $r; chmod 755 $r`,
      `r=${runc}; mv $r.real $r`,
    ),
  },
  'SEC-HOSTFS': {
    'everybody may read the disk': needing(
      'a kernel and a disk of its own',
      switched('chmod oVALUEr $(findmnt -no SOURCE /)', '+', '-'),
    ),
  },
  'PRE-NEWIDMAP': {
    'the helper for groups has no privilege, the one for users has': fault(
      'f=$(command -v newgidmap); getcap $f > /run/rdc-cap; stat -c %a $f > /run/rdc-mode; setcap -r $f 2>/dev/null; chmod 755 $f',
      'f=$(command -v newgidmap); chmod $(cat /run/rdc-mode) $f; [ ! -s /run/rdc-cap ] || setcap "$(sed "s/^[^ ]* //" /run/rdc-cap)" $f',
    ),
    'the mount of the helpers takes set-user-ID and capabilities away': fault(
      'mount --bind /usr/bin /usr/bin; mount -o remount,bind,nosuid /usr/bin',
      'umount -l /usr/bin',
    ),
  },
  'LIM-NPROC': {
    'log-ins may start few processes': withLimit('tester - nproc 700'),
    "the user's slice may have few processes": needing(
      'cgroup controllers',
      withProperty('systemctl', `user-${uid}.slice`, 'TasksMax=300', '33%'),
    ),
    'the slice of the containers may have few processes': needing(
      'cgroup controllers',
      withProperty(asUser, 'user.slice', 'TasksMax=200'),
    ),
    'the host may have few threads': needing('a kernel and a disk of its own', withSysctl('kernel.threads-max', 1200)),
  },
  'CG-CPU': {
    'the slice of the containers gets less than half a core': needing(
      'cgroup controllers',
      withProperty(asUser, 'user.slice', 'CPUQuota=40%', ''),
    ),
  },
  'LIM-MLOCK-OK': {
    'daemon.json promises containers more locked memory than the daemon has': configuredWith(
      '{"default-ulimits": {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}}}',
    ),
  },
  'LIM-NOFILE': {
    'the daemon may have few files open, until it asks for more': switched(
      `prlimit --pid ${dockerd} --nofile=VALUE:`,
      '256',
      hardNofile,
    ),
    'the host may have few files open': needing('a kernel and a disk of its own', withSysctl('fs.file-max', 20_000)),
    'containers may have few files open, until they ask for more': configuredWith(
      `{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 256, "Hard": ${hardNofile}}}}`,
    ),
  },
  'PRE-DBUS': {
    'the daemon is told of a bus that is not there': restartedWith(
      'Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent',
    ),
  },
  'PRE-SUBID-OVERLAP': {
    "the primary group of an account has one of the user's subordinate GIDs, and no entry": withChanged(
      '/etc/passwd',
      'sed -i -E "s/^(other:x:[0-9]+):[0-9]+:/\\1:$(awk -F: \'$1 == "tester" {print $2 + 500; exit}\' /etc/subgid):/" /etc/passwd',
    ),
  },
  'GUIDE-LAB-FOREGROUND': {
    'new users get no subordinate UIDs': withChanged(
      '/etc/login.defs',
      "sed -i '/^SUB_UID_COUNT/d' /etc/login.defs; echo 'SUB_UID_COUNT 0' >> /etc/login.defs",
    ),
  },
};
