import {
  asFinding,
  breaks,
  checksIn,
  docker,
  expect,
  type HostFacts,
  type Inject,
  lifts,
  moby,
  mobyIssue,
  mustRun,
  quoteWord,
  setAside,
} from '../../harness/checks/index.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { mountedIds, underMounts } from './private-mounts.ts';
import { changedScript, parseRuns, runFunction, setupTool, startScript, whereScripts } from './shipped-scripts.ts';

const check = checksIn(import.meta);

check('PRE-NOTROOT', {
  level: 'MUST',
  title: 'the scripts refuse to run as root (dockerd-rootless.sh from Docker 20.10.6 on)',
  source: mobyIssue(42072, '20.10 backport: dockerd-rootless.sh: prohibit running as root'),
  remedy: 'run them as the user, in a login session of his own; never with sudo',
  needsDaemon: false,
  async verify({ target, host }) {
    // a stand-in for RootlessKit, so that a script that does not refuse starts no daemon
    const { stdout } = await target.root.shell(`
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; ${runFunction}
printf '#!/bin/sh\\necho RootlessKit was reached\\n' > "$d/rootlesskit"; chmod 755 "$d/rootlesskit"; cp "$d/rootlesskit" "$d/docker-rootlesskit"
export HOME="$d" XDG_RUNTIME_DIR="$d" PATH="$d:$PATH:${whereScripts(host.user.home)}"
run start ${startScript}; run setup ${setupTool} check`);
    const runs = parseRuns(stdout);
    // seen: 20.10.5 of Debian 11 goes on to RootlessKit
    if (isEngineSince(host, '20.10.6')) {
      expect(runs('start').text, `what ${startScript} says to root`).toMatch(/must be executed as a non-/);
      expect(runs('start').text, `what ${startScript} says to root`).not.toContain('RootlessKit was reached');
      expect(runs('start').code, `exit code of ${startScript} for root`).toBe(1);
    }
    expect(runs('setup').text, `what ${setupTool} says to root`).toMatch(/Refusing to install .* as the root user/);
    expect(runs('setup').code, `exit code of ${setupTool} for root`).toBe(1);
  },
  fault: breaks(
    'what {dockerd-rootless.sh} says to root',
    'dockerd-rootless.sh looks no more for the user that runs it',
    changedScript(startScript, `sed 's/"$(id -u)" = "0"/"$(id -u)" = "x"/'`),
  ),
});

/** Without its iptables test, which is not needed before 28.1 and not the point here. */
const checkSetup = `${setupTool} --skip-iptables check`;

check('PRE-ROOTFUL', {
  level: 'SHOULD',
  title: 'the setup tool stops where the user can write to a rootful /var/run/docker.sock, unless it is forced',
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'existing rootful docker verification'),
  remedy:
    'sudo systemctl disable --now docker.service docker.socket; sudo rm -f /var/run/docker.sock; sudo gpasswd -d USER docker',
  needsDaemon: false,
  async verify({ target, host }) {
    // a file stands for the socket: the tool tests write access only
    const mounts = `
mkdir "$w/run"; mount -t tmpfs -o mode=755 tmpfs "$w/run"
for d in user systemd; do if [ -d /run/$d ]; then mkdir "$w/run/$d"; mount --rbind /run/$d "$w/run/$d"; fi; done
install -o ${host.user.uid} -m 600 /dev/null "$w/run/docker.sock"
mount --rbind "$w/run" /run`;
    const script = `${runFunction}
run stopped ${checkSetup}; run forced ${checkSetup} --force
chmod 0 /run/docker.sock; run closed ${checkSetup}`;
    const runs = parseRuns(await underMounts(target, { mounts, script }));
    expect(runs('closed').code, 'exit code with a rootful socket that the user cannot write to').toBe(0);
    expect(runs('stopped').text, 'what is said of a rootful socket').toMatch(/rootful Docker .*docker\.sock.*--force/);
    expect(runs('stopped').code, 'exit code with a rootful socket').toBe(1);
    expect(runs('forced').code, 'exit code with a rootful socket and --force').toBe(0);
  },
  fault: breaks(
    'what is said of a rootful socket',
    'the setup tool looks for the rootful socket elsewhere',
    changedScript(setupTool, "sed 's:-w /var/run/docker.sock:-w /nonexistent:'"),
  ),
});

/** `check` makes a smoke test with RootlessKit from 26.0 to 27.1 only. */
const smokesInCheck = (host: HostFacts) => isEngineSince(host, '26.0') && !isEngineSince(host, '27.2');

const countsIds = `awk -F: -v u="$(id -un)" '$1 == u {n += $3} END {exit n < 65536}' /etc/subuid`;

check('PRE-SETUPTOOL', {
  level: 'LIMITATION',
  title:
    '"setuptool check" is no sufficient gate: it is green with few IDs that another user has too, and an unprivileged newuidmap',
  source: mobyIssue(48216, 'check does without the smoke test again'),
  remedy:
    'do not gate on it: run rootlesskit true and look at /etc/subuid, as PRE-NEWIDMAP, PRE-SUBID-COUNT and PRE-SUBID-OVERLAP do',
  needsDaemon: false,
  async verify({ target, host }) {
    const newuidmap = host.paths.newuidmap ?? '/usr/bin/newuidmap';
    const unprivileged = `install -m 755 ${newuidmap} "$w/newuidmap"; mount --bind "$w/newuidmap" ${newuidmap}`;
    const script = `${runFunction}
run none ${checkSetup}
printf '${host.user.name}:165536:1000\nrdc-other:165536:65536\n' > "$w/ids"
run gate ${checkSetup}; run kit rootlesskit --state-dir="$w/state" true`;
    const mounts = smokesInCheck(host) ? mountedIds('') : `${mountedIds('')}\n${unprivileged}`;
    const runs = parseRuns(await underMounts(target, { mounts, script }));
    // control: a tool that refuses nothing has another limitation than the documented one
    asFinding('differs', () => expect(runs('none').text, 'differs: setuptool check without any ID').toMatch(/subuid/));
    const works = smokesInCheck(host) ? 0 : 1;
    asFinding('differs', () => expect(runs('kit').code, 'differs: exit code of RootlessKit with that').toBe(works));
    asFinding('lifted', () => expect(runs('gate').code, "lifted: setuptool check with 1000 of another's IDs").toBe(0));
  },
  fault: lifts(
    "setuptool check with 1000 of another's IDs",
    'setuptool check counts the subordinate IDs',
    changedScript(
      setupTool,
      `sed -e '/^cmd_entrypoint_check() {/{n' -e ${quoteWord(`a ${countsIds} || exit 1`)} -e '}'`,
    ),
  ),
});

const movedAway: Inject = async ({ target }) => {
  return await setAside(target.root, (await mustRun(target, `command -v ${setupTool}`)).trim());
};

check('PRE-INSTALL', {
  level: 'SHOULD',
  title: 'the installation by its manual, from packages or by the script, needs no step by hand',
  source: docker('engine/security/rootless', 'install: dockerd-rootless-setuptool.sh install'),
  applies: ({ host }) => host.install !== null || 'no record of how rootless Docker was installed',
  remedy: `the package puts ${setupTool} and ${startScript} beside docker on PATH, e.g. links in /usr/bin; until then the user sets PATH and makes the context`,
  reproduce: `# with the packages of the distribution installed
dockerd-rootless-setuptool.sh install; echo "exit code $?"   # expected: 0
# where it was not found: as installed, wherever that is
PATH="$(dirname "$(find /usr -name dockerd-rootless-setuptool.sh | head -n 1)"):$PATH"
dockerd-rootless-setuptool.sh install; echo "exit code $?"   # expected: 0`,
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { stdout } = await target.exec(['sh', '-lc', `command -v ${setupTool}`]);
    const steps = (host.install?.steps ?? []).filter(({ exitCode }) => exitCode !== 0);
    const failed = steps.map(({ name, exitCode }) => `${name}: ${exitCode}`);
    if (stdout.trim() === '') failed.unshift(`no ${setupTool} on PATH`);
    expect(failed, 'what failed of the installation').toEqual([]);
  },
  fault: breaks('what failed of the installation', 'the setup tool is moved out of the PATH', movedAway),
});
