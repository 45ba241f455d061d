import {
  breaks,
  checksIn,
  expect,
  filtered,
  issue,
  man,
  mobyIssue,
  mustRun,
  rootScript,
} from '../../harness/checks/index.ts';
import { asNextStart } from '../instruments/daemon/next-start.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd } from '../instruments/daemon/user-unit.ts';
import { hasUnifiedCgroups } from '../instruments/kernel/container-cgroup.ts';
import { acceptedRules, bridgeRules, unitEnvironment, usesIptables } from './firewall.ts';
import { driverAtWork } from './network-driver.ts';

// What a session of the user has, systemd may have taken from docker.service or from user@.service.

const check = checksIn(import.meta);

/** What systemd may take or replace without a word, a line each. A session has it whole. */
const rightsAndFolders = `
awk '/^(NoNewPrivs|Seccomp_filters|CapBnd):/{print $1, $2}' /proc/self/status
for f in / /tmp /var/tmp /dev /sys/fs/cgroup "$HOME"; do stat -c '%n is %d:%i' "$f"; done`;

/** The user and PID namespaces and the /proc of a container, a write to each folder of the daemon's, and the bus. */
const whatAStartNeeds = `${unitEnvironment}
export PATH="$p:$PATH"; d=$(mktemp -d)
rootlesskit --state-dir="$d/state" grep -H '' /proc/self/uid_map /proc/self/gid_map
rootlesskit --state-dir="$d/state" unshare -pf --mount-proc readlink /proc/self | sed 's/^/first /'
for f in "$XDG_RUNTIME_DIR" "$HOME/.local/share"; do t=$(mktemp "$f/rdc.XXXXXX") && echo "writes $f"; rm -f "$t"; done
echo "bus $(busctl --user --no-pager status | sed -n 's/^OwnerUID=//p')"
echo "soft $(ulimit -Sn) hard $(ulimit -Hn)"; rm -rf "$d"`;

check('PRE-UNIT', {
  level: 'MUST',
  title:
    'where docker.service runs, its next start has what a session of the user has: namespaces, /proc, network, rules',
  source: man('systemd.exec', 5, 'sandboxing: NoNewPrivileges=, RestrictNamespaces=, ProtectProc=; for user units too'),
  applies: hasSystemd,
  remedy:
    'systemctl --user cat docker.service; systemctl cat user@.service: take out NoNewPrivileges=, Restrict*=, Protect*=, Private*=, SystemCallFilter=; then: systemctl --user daemon-reload',
  needsDaemon: false,
  async verify({ target, host }) {
    const where = 'where docker.service runs';
    const run = (script: string) => asNextStart(target, script);
    const session = (await mustRun(target, rightsAndFolders)).trim().split('\n');
    const unit = (await run(rightsAndFolders)).stdout.split('\n');
    const lacks = session.filter((line) => !unit.includes(line));
    expect(session.length, 'rights and folders of a session').toBeGreaterThan(6);
    expect(lacks, `rights and folders of a session that are others ${where}`).toEqual([]);
    const { stdout } = await run(whatAStartNeeds);
    for (const map of ['uid_map', 'gid_map']) {
      const lines = stdout.split('\n').filter((line) => line.startsWith(`/proc/self/${map}:`));
      expect(lines.length, `lines of ${map} in a user namespace made ${where}`).toBeGreaterThan(1);
    }
    expect(stdout, `the first process of a PID namespace with its own /proc ${where}`).toMatch(/^first 1$/m);
    const folders = [host.runtimeDir ?? `/run/user/${host.user.uid}`, `${host.user.home}/.local/share`];
    for (const folder of folders) expect(stdout, `folders written to ${where}`).toContain(`writes ${folder}\n`);
    if (hasUnifiedCgroups({ host }) === true)
      expect(stdout, `owner of the user's bus ${where}`).toContain(`bus ${host.user.uid}\n`);
    const { driver, fetched, nonce } = await driverAtWork(target, run);
    expect(fetched, `what a connection through ${driver} brings back ${where}`).toContain(nonce);
    if (usesIptables({ host }) !== true) return;
    const rules = await acceptedRules(target, run);
    for (const rule of bridgeRules) {
      expect(rules, `firewall rules in the kernel ${where}`).toContain(rule.replace(/^-t \w+ /, ''));
    }
  },
  fault: breaks(
    'rights and folders of a session that are others *',
    'NoNewPrivileges=yes in a drop-in of the user unit, which the running daemon does not have yet',
    unitDropIn('NoNewPrivileges=yes'),
    { alsoBreaks: ['PRE-PROC'] },
  ),
});

const lookAtProc = `
echo "init $(cat /proc/1/comm)"; echo "sysctl $(cat /proc/sys/kernel/pid_max)"; echo "memory $(grep -c ^MemTotal /proc/meminfo)"
echo "manager $(sed -n 's/^0::.*\\(user@.*\\)/\\1/p' "/proc/\${MANAGERPID:-self}/cgroup")"`;

check('PRE-PROC', {
  level: 'MUST',
  title: "the user sees the host's processes and settings in /proc, in a session and where docker.service runs",
  source: issue('opencontainers/runc', 3124, 'hidepid=2: no container starts; the same in docker/docker-install#324'),
  applies: hasSystemd,
  remedy:
    'sudo mount -o remount,hidepid=0 /proc (and in /etc/fstab), or its gid= for a group of the user; no ProtectProc= and ProcSubset= for docker.service and user@.service',
  needsDaemon: false,
  async verify({ target, host }) {
    const [session, unit] = [await mustRun(target, lookAtProc), (await asNextStart(target, lookAtProc)).stdout];
    for (const [where, seen] of Object.entries({ 'in a session': session, 'where docker.service runs': unit })) {
      expect(seen, `PID 1 as the user sees it ${where}`).toContain(`init ${host.init}\n`);
      expect(seen, `/proc/sys as the user sees it ${where}`).toMatch(/^sysctl \d+$/m);
      expect(seen, `/proc/meminfo as the user sees it ${where}`).toMatch(/^memory 1$/m);
    }
    if (hasUnifiedCgroups({ host }) === true)
      expect(unit, 'cgroup of the user manager as its unit sees it').toMatch(/^manager user@/m);
  },
  fault: breaks(
    'PID 1 as the user sees it *',
    '/proc is mounted with hidepid=2',
    rootScript(
      () => 'mount -o remount,hidepid=2 /proc',
      () => 'mount -o remount,hidepid=0 /proc',
    ),
    { alsoBreaks: ['PRE-DBUS', 'PRE-UNIT'] },
  ),
});

const modules = ['bridge', 'veth', 'br_netfilter', 'nf_tables', 'overlay', 'tun'];

/** Those that a boot would not give either are named too: an install line is how hardening guides forbid a module. */
const moduleStates = `PATH=$PATH:/usr/sbin:/sbin; d=/lib/modules/$(uname -r)
[ ! -e /proc/modules ] && [ ! -d /lib/modules ] || for f in modules.dep modules.builtin; do [ -e $d/$f ] || echo "no $d/$f"; done
forbidden=$(modprobe -c 2>/dev/null | sed -nE 's,^install ([a-z_]+) .*/(false|true)\\b.*,\\1,p')
for m in ${modules.join(' ')}; do
  echo "asked $m"; c=$(echo "$m" | sed 's/tun/TUN/; s/br_netfilter/BRIDGE_NETFILTER/; s/overlay/OVERLAY_FS/' | tr a-z A-Z)
  if echo "$forbidden" | grep -qx $m; then echo "forbidden in /etc/modprobe.d: $m"
  elif [ -d /sys/module/$m ] || grep -qs "/$m\\.ko" $d/modules.builtin; then :
  elif zcat /proc/config.gz 2>/dev/null | grep -qs "^CONFIG_$c=y"; then :
  elif [ "$(cat /proc/sys/kernel/modules_disabled 2>/dev/null)" != 1 ] && modprobe -nq $m; then :
  else echo "cannot be loaded: $m"; fi
done`;

check('PRE-MODULES', {
  level: 'MUST',
  title: `what the kernel has to load for containers it can: ${modules.slice(0, -1).join(', ')} and tun`,
  source: mobyIssue(15341, 'a kernel that was upgraded and not rebooted; containers/netavark#864'),
  remedy:
    'sudo reboot after an upgrade of the kernel (its modules are no longer on disk); grep -r install /etc/modprobe.d; cat /proc/sys/kernel/modules_disabled',
  needsDaemon: false,
  async verify({ target }) {
    const lines = (await mustRun(target.root, moduleStates)).trim().split('\n');
    expect(
      lines.filter((line) => line.startsWith('asked ')),
      'modules that were looked for',
    ).toHaveLength(modules.length);
    const lacks = lines.filter((line) => !line.startsWith('asked '));
    expect(lacks, 'what the running kernel lacks of its modules').toEqual([]);
  },
  fault: breaks(
    'what the running kernel lacks of its modules',
    'a file of modprobe forbids overlay, as hardening guides have it',
    filtered('/etc/modprobe.d/rdc.conf', () => "echo 'install overlay /bin/false'"),
  ),
});
