import { RdcError } from '../../messages/errors.ts';
import { holdersOf } from './socket-holders.ts';

const marker = '@@rdc:';

const files: Readonly<Record<string, string>> = {
  osRelease: '/etc/os-release',
  meminfo: '/proc/meminfo',
  lsm: '/sys/kernel/security/lsm',
  subuid: '/etc/subuid',
  subgid: '/etc/subgid',
  install: '/var/lib/rdc/install.json',
  'sysctl.unprivileged_userns_clone': '/proc/sys/kernel/unprivileged_userns_clone',
  'sysctl.max_user_namespaces': '/proc/sys/user/max_user_namespaces',
  'sysctl.apparmor_restrict_unprivileged_userns': '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
  'sysctl.ip_unprivileged_port_start': '/proc/sys/net/ipv4/ip_unprivileged_port_start',
  'sysctl.ping_group_range': '/proc/sys/net/ipv4/ping_group_range',
  'sysctl.disable_ipv6': '/proc/sys/net/ipv6/conf/all/disable_ipv6',
  'sysctl.maxkeys': '/proc/sys/kernel/keys/maxkeys',
  'sysctl.randomize_va_space': '/proc/sys/kernel/randomize_va_space',
};

const commands: Readonly<Record<string, string>> = {
  // where hidepid keeps PID 1 from the user, as sd_booted(3) does
  init: 'cat /proc/1/comm || { [ ! -d /run/systemd/system ] || echo systemd; }',
  // the user may be in the group that sees everything; of several mounts the last one is what a process sees
  procHides: `cat /proc/1/comm > /dev/null || awk '$5 == "/proc" {o = $NF} END {print o}' /proc/self/mountinfo`,
  kernel: 'uname -r',
  architecture: 'uname -m',
  cpus: 'getconf _NPROCESSORS_ONLN',
  systemd: 'systemctl --version',
  cgroupFs: 'stat -f -c %t /sys/fs/cgroup',
  availableControllers: 'cat /sys/fs/cgroup/cgroup.controllers && echo read',
  userControllers:
    'cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers" || echo absent',
  user: 'id -un',
  uid: 'id -u',
  gid: 'id -g',
  groups: 'id -Gn',
  home: 'echo "$HOME"',
  memlock: 'ulimit -Hl',
  runtimeDir: 'echo "$XDG_RUNTIME_DIR"',
  // only these settings: the file may hold what is nobody's business
  daemonJsonAsked: `tr -d '\\n\\t ' < "$HOME/.config/docker/daemon.json" | grep -oE '"(storage-driver|firewall-backend)":"[a-z0-9-]*"'`,
  rootlesskitAsked:
    "systemctl --user show docker.service -p Environment --value | grep -oE 'DOCKERD_ROOTLESS_ROOTLESSKIT_(NET|PORT_DRIVER)=[a-z0-9-]+'",
  // what was started: without a setting dockerd-rootless.sh chooses by what is installed
  running: `p=\${engine%/exe}
tr '\\0' '\\n' < $p/cmdline | grep -oE -- '^--firewall-backend=[a-z0-9-]+$'
k=
while p=/proc/$(awk '/^PPid:/ {print $2}' $p/status) && [ $p != /proc/0 ] && [ $p != /proc/ ]; do
  grep -qsz -- '^--net=' $p/cmdline && k=$p
done
[ -n "$k" ] && tr '\\0' '\\n' < $k/cmdline | grep -E -- '^--(net|port-driver)=[a-z0-9-]+$|^--detach-netns(=true)?$' && grep '^CapPrm:' $k/status`,
  // what starts and stops the daemon where no user manager does; see docs/guides/existing-hosts.md
  daemonScript: '[ -x "$HOME/.config/rdc/daemon" ] && echo "$HOME/.config/rdc/daemon"',
  rootPropagation: 'awk \'$5 == "/" {print / shared:/ ? "shared" : "private"}\' /proc/self/mountinfo',
  serialPorts:
    // what the kernel has, also where somebody took its node out of /dev
    'for d in /sys/class/tty/ttyS[1-9]; do [ -d "$d/device" ] && grep -qs "[1-9]" "$d/type" && echo "/dev/${d##*/}"; done',
  searchPath: 'echo "$PATH"',
  paths:
    'for b in docker dockerd containerd runc rootlesskit slirp4netns pasta vpnkit fuse-overlayfs newuidmap newgidmap dockerd-rootless.sh dockerd-rootless-setuptool.sh iptables getfacl; do p=$(program $b); case $p in /proc/*) p=$(readlink "$p") ;; esac; p=${p% (deleted)}; echo "$b ${p:--}"; done',
  versions: [
    // side by side: each of these programs takes a second to start on an emulated machine
    'v() { echo "$1 $("$(program "$1")" --version 2>/dev/null | head -n 1)"; }',
    'for b in docker dockerd containerd runc rootlesskit slirp4netns pasta iptables; do v $b & done',
    // its first line is the version of fusermount3
    'echo "fuse-overlayfs $(fuse-overlayfs --version | grep "^fuse-overlayfs")" & wait',
  ].join('\n'),
};

/**
 * The engine need not be where a session without login looks: upstream's installer puts it into ~/bin. First comes the
 * PATH of the daemon that runs, else of its unit, then the folder of what the unit starts. Of dockerd, and of RootlessKit
 * as its parent, the running program is taken, whatever lies on any PATH.
 */
const start = `exec 2>/dev/null
unit=$(systemctl --user show docker.service -p Environment -p ExecStart)
path=$(printf '%s\\n' "$unit" | sed -n 's/^Environment=//p' | tr ' ' '\\n' | sed -n 's/^PATH=//p')
script=$(printf '%s\\n' "$unit" | sed -n 's/^ExecStart={ path=\\(\\/[^ ;]*\\)\\/[^/ ;]* ;.*/\\1/p')
engine= kit=
for p in $(${holdersOf('"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock"')}); do
  parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status); above=$(readlink "/proc/$parent/exe")
  # its own child, between fork and exec, is skipped
  case $(readlink /proc/$p/exe) in "$above") continue ;; */*dockerd*) engine=/proc/$p/exe ;; *) continue ;; esac
  case $above in */*rootlesskit*) kit=/proc/$parent/exe ;; esac
  path=$(tr '\\0' '\\n' < /proc/$p/environ | sed -n 's/^PATH=//p')
done
PATH=\${path:+$path:}\${script:+$script:}$PATH:/usr/sbin:/sbin; export PATH
program() { case =$1 in
(=dockerd) echo "\${engine:-$(command -v $1)}" ;;
(=rootlesskit) echo "\${kit:-$(command -v $1)}" ;;
(*) command -v "$1" ;; esac; }`;

/** One script for everything, because a session costs a quarter of a second on an emulated machine and a file read nothing. */
export const collectScript = scriptOf(Object.entries(commands));

/** The same without the versions, which take most of its time: for `rdc doctor`, which asks for those that it needs. */
export const quickScript = scriptOf(Object.entries(commands).filter(([key]) => key !== 'versions'));

function scriptOf(asked: readonly (readonly [key: string, command: string])[]): string {
  return [
    start,
    ...Object.entries(files).map(([key, path]) => `echo "${marker}${key}"; cat ${path}; echo`),
    ...asked.map(([key, command]) => `echo "${marker}${key}"; ${command}\necho`),
    `echo "${marker}end"`,
  ].join('\n');
}

/** One line of what `versions` of the script above prints. */
export function versionScript(binary: string): string {
  return `${start}\necho "${binary} $("$(program ${binary})" --version | grep ${binary === 'fuse-overlayfs' ? '^fuse-overlayfs' : '.'} | head -n 1)"`;
}

/** Splits the script's output at its markers; a section that is missing is an error, an empty one is ''. */
export function parseSections(text: string): (key: string) => string {
  const sections = new Map<string, string>();
  for (const part of `\n${text}`.split(`\n${marker}`).slice(1)) {
    const end = part.indexOf('\n');
    const key = end < 0 ? part : part.slice(0, end);
    // a file of the target may hold our markers; whose word counts then is not to be guessed
    if (sections.has(key)) throw new RdcError('FACTS', 'the target answered a part of the reading of its facts twice');
    sections.set(key, end < 0 ? '' : part.slice(end + 1));
  }
  if (!sections.has('end')) {
    throw new RdcError('FACTS', 'the target did not answer the reading of its facts to the end', {
      hint: 'does its login shell print or do something of its own? try: ssh USER@HOST true',
    });
  }
  return (key) => sections.get(key) ?? '';
}
