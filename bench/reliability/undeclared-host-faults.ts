import {
  asUser,
  configuredWith,
  daemonJson,
  daemonJsonAside,
  daemonJsonBack,
  dockerd,
  restartedWith,
  type UndeclaredFault,
  uid,
} from './undeclared-fault.ts';

const rootlesskit = '"$(readlink -f "$(command -v rootlesskit)")"';
const runc = '"$(readlink -f "$(command -v runc)")"';
/** A sysctl with another value. */
const withSysctl = (name: string, value: number) => ({
  apply: `sysctl -n ${name} > /run/rdc-sysctl; sysctl -qw ${name}=${value}`,
  undo: `sysctl -qw ${name}=$(cat /run/rdc-sysctl)`,
});

/** Adds capabilities to what dockerd asks for, and hands on to the runtime itself. */
const generousRuntime = [
  '#!/bin/sh',
  'for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done',
  `[ -z "$bundle" ] || sed -i -E 's/"(bounding|effective|permitted)":\\[/&"CAP_SYS_ADMIN","CAP_NET_ADMIN",/g' "$bundle/config.json"`,
  'exec RUNTIME.real "$@"',
].join('\n');

/** Of what the host gives, and what containers may do with it: PRE, DEV, GUIDE, LIM, CG, SEC, NS. */
export const hostFaults: readonly UndeclaredFault[] = [
  {
    name: 'the second serial port has mode 666',
    red: ['DEV-GROUP'],
    needs: 'serial ports',
    apply: 'chmod 666 /dev/ttyS2',
    undo: 'chmod 660 /dev/ttyS2',
  },
  {
    name: 'the first serial port may be read by all',
    red: ['DEV-GROUP'],
    needs: 'serial ports',
    apply: 'chmod 664 /dev/ttyS1',
    undo: 'chmod 660 /dev/ttyS1',
  },
  {
    name: 'the node of a serial port is gone',
    red: ['DEV-GROUP'],
    needs: 'serial ports',
    apply: 'rm /dev/ttyS1',
    undo: 'mknod /dev/ttyS1 c 4 65; chown root:dialout /dev/ttyS1; chmod 660 /dev/ttyS1',
  },
  {
    name: 'a profile of the system takes XDG_RUNTIME_DIR away',
    red: ['PRE-XDG'],
    apply: "echo 'unset XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
    undo: 'rm /etc/profile.d/rdc-x.sh',
  },
  ...['pid', 'ipc', 'uts', 'cgroup'].map(
    (kind): UndeclaredFault => ({
      name: `no ${kind} namespace can be made`,
      red: ['PRE-USERNS-MAX'],
      needs: 'limits that root may change',
      apply: `sysctl -n user.max_${kind}_namespaces > /run/rdc-max; sysctl -qw user.max_${kind}_namespaces=0`,
      undo: `sysctl -qw user.max_${kind}_namespaces=$(cat /run/rdc-max)`,
    }),
  ),
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
    name: 'the runtime gives containers more capabilities than dockerd asks for',
    red: ['SEC-CAPS'],
    apply: `r=${runc}; mv $r $r.real; cat > $r <<'END'
${generousRuntime}
END
sed -i "s#RUNTIME#$r#" $r; chmod 755 $r`,
    undo: `r=${runc}; mv $r.real $r`,
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
  {
    name: 'daemon.json promises containers more locked memory than the daemon has',
    red: ['LIM-MLOCK-OK'],
    apply: `${daemonJsonAside}
echo '{"default-ulimits": {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}}}' > ${daemonJson}; ${asUser} restart docker`,
    undo: `${daemonJsonBack}; ${asUser} restart docker`,
  },
  {
    name: "the user's slice may have few processes",
    red: ['LIM-NPROC'],
    needs: 'cgroup controllers',
    apply: `systemctl set-property --runtime user-${uid}.slice TasksMax=300`,
    undo: `systemctl set-property --runtime user-${uid}.slice TasksMax=33%`,
  },
  {
    name: 'the slice of the containers may have few processes',
    red: ['LIM-NPROC'],
    needs: 'cgroup controllers',
    apply: `${asUser} set-property --runtime user.slice TasksMax=200`,
    undo: `${asUser} set-property --runtime user.slice TasksMax=infinity`,
  },
  {
    name: 'the slice of the containers gets less than half a core',
    red: ['CG-CPU'],
    needs: 'cgroup controllers',
    apply: `${asUser} set-property --runtime user.slice CPUQuota=40%`,
    undo: `${asUser} set-property --runtime user.slice CPUQuota=`,
  },
  {
    name: 'a serial port belongs to another group of the user',
    red: ['DEV-GROUP'],
    needs: 'serial ports',
    apply: 'chgrp users /dev/ttyS1; usermod -aG users tester',
    undo: 'chgrp dialout /dev/ttyS1',
  },
  {
    name: 'the ACL of a serial port shuts out whom its mode lets in',
    red: ['DEV-666'],
    needs: 'serial ports',
    apply: 'setfacl -m g:nogroup:--- /dev/ttyS1',
    undo: 'setfacl -b /dev/ttyS1',
  },
  {
    name: 'the daemon may have few files open, until it asks for more',
    red: ['LIM-NOFILE'],
    apply: `prlimit --pid ${dockerd} --nofile=256:`,
    undo: `prlimit --pid ${dockerd} --nofile=$(prlimit --pid ${dockerd} --nofile -o HARD --noheadings | tr -d ' '):`,
  },
  {
    name: 'the host may have few files open',
    red: ['LIM-NOFILE'],
    needs: 'a kernel and a disk of its own',
    ...withSysctl('fs.file-max', 20_000),
  },
  {
    name: 'there is room for one pid namespace',
    red: ['PRE-USERNS-MAX'],
    needs: 'limits that root may change',
    ...withSysctl('user.max_pid_namespaces', 1),
  },
  {
    name: 'the daemon is told of a bus that is not there',
    red: ['PRE-DBUS'],
    ...restartedWith('Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent'),
  },
  {
    name: 'the service starts a process of root that leaves its parent',
    red: ['NS-DAEMON-EUID'],
    apply: `install -m 4755 "$(command -v sleep)" /usr/local/bin/rdc-sleep
${restartedWith("ExecStartPost=/bin/sh -c '\\''/usr/local/bin/rdc-sleep infinity &'\\''").apply}`,
    undo: `${restartedWith().undo}; rm /usr/local/bin/rdc-sleep`,
  },
  {
    name: "the primary group of an account has one of the user's subordinate GIDs, and no entry",
    red: ['PRE-SUBID-OVERLAP'],
    apply:
      'cp -a /etc/passwd /etc/passwd.kept; sed -i -E "s/^(other:x:[0-9]+):[0-9]+:/\\1:$(awk -F: \'$1 == "tester" {print $2 + 500; exit}\' /etc/subgid):/" /etc/passwd',
    undo: 'mv /etc/passwd.kept /etc/passwd',
  },
  {
    name: 'new users get no subordinate UIDs',
    red: ['GUIDE-LAB-FOREGROUND'],
    apply:
      "cp -a /etc/login.defs /etc/login.defs.kept; sed -i '/^SUB_UID_COUNT/d' /etc/login.defs; echo 'SUB_UID_COUNT 0' >> /etc/login.defs",
    undo: 'mv /etc/login.defs.kept /etc/login.defs',
  },
  {
    name: 'the network driver is set-group-ID',
    red: ['NS-DAEMON-EUID'],
    apply: `f=$(command -v slirp4netns); chgrp dialout $f; chmod 2755 $f; ${asUser} restart docker`,
    undo: `f=$(command -v slirp4netns); chgrp root $f; chmod 755 $f; ${asUser} restart docker`,
  },
  {
    name: 'everybody may read the disk',
    red: ['SEC-HOSTFS'],
    needs: 'a kernel and a disk of its own',
    apply: 'chmod o+r $(findmnt -no SOURCE /)',
    undo: 'chmod o-r $(findmnt -no SOURCE /)',
  },
  {
    name: 'containers may have few files open, until they ask for more',
    red: ['LIM-NOFILE'],
    ...configuredWith(
      `{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 256, "Hard": $(prlimit --pid ${dockerd} --nofile -o HARD --noheadings | tr -d ' ')}}}`,
    ),
  },
  {
    name: 'the host may have few threads',
    red: ['LIM-NPROC'],
    needs: 'a kernel and a disk of its own',
    ...withSysctl('kernel.threads-max', 1200),
  },
  {
    name: 'a profile of the system has a runtime directory of its own',
    red: ['PRE-XDG'],
    apply:
      "echo 'export XDG_RUNTIME_DIR=/tmp/rdc-runtime-$(id -u); mkdir -p -m 700 $XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
    undo: 'rm -rf /etc/profile.d/rdc-x.sh /tmp/rdc-runtime-*',
  },
  {
    name: 'the runtime directory is full',
    red: ['PRE-XDG'],
    apply: `dd if=/dev/zero of=/run/user/${uid}/rdc-full bs=1M 2>/dev/null || :`,
    undo: `rm /run/user/${uid}/rdc-full`,
  },
];
