import {
  breaks,
  changeFile,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  known,
  lifts,
  man,
  mobyIssue,
  mustRun,
  quoteWord,
  rootScript,
  startContainer,
  userScript,
} from '../../harness/checks/index.ts';
import { hostIdsOf } from '../instruments/container/container-process.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { lastLogout } from '../instruments/daemon/last-logout.ts';
import { dropInOverwritten, restartUserManagerRaised, wantedFiles } from '../instruments/daemon/raised-user-manager.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { hasSystemd, mayInterrupt } from '../instruments/daemon/user-unit.ts';
import { mapped, rootlessMap } from '../instruments/kernel/id-map.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';

// A guide for a home server, followed step by step and corrected. Its setcap for port 80 is judged by PORT-PRIV-CAP.

const check = checksIn(import.meta);
const howItWorks = docker('engine/security/rootless', 'how it works');

check('GUIDE-HOMELAB-ENV', {
  level: 'WORKAROUND',
  title: "with DOCKER_HOST in ~/.bashrc the client of an interactive shell reaches the user's daemon",
  source: docker('engine/security/rootless/tips', 'client'),
  remedy: 'docker context use rootless serves every shell; ~/.bashrc only those that are interactive',
  async verify({ target, host, stage, defer }) {
    const { ID } = (await dockerApi(target, 'GET', '/info')).json<{ ID: string }>();
    const line = 'export DOCKER_HOST=unix:///run/user/$(id -u)/docker.sock';
    defer(await changeFile(target, `${host.user.home}/.bashrc`, `cat; echo ${quoteWord(line)}`));
    await stage('written');
    // without the client's configuration, because the context that the setup tool selected answers in any case
    const { stdout } = await target.login(
      `${onSearchPath(host)}export DOCKER_CONFIG=$(mktemp -d); docker info --format 'plain {{.ID}}'; bash -ic "docker info --format 'interactive {{.ID}}'"; rm -r "$DOCKER_CONFIG"`,
    );
    expect(stdout, 'the daemon that an interactive shell reaches').toContain(`interactive ${ID}`);
    expect(stdout, 'the daemon that a shell reaches which does not read ~/.bashrc').not.toContain(`plain ${ID}`);
  },
  fault: breaks(
    'the daemon that an interactive shell reaches',
    'the line in ~/.bashrc is lost',
    userScript(() => "sed -i '/^export DOCKER_HOST=/d' ~/.bashrc"),
    { at: 'written' },
  ),
});

check('GUIDE-HOMELAB-USER', {
  level: 'LIMITATION',
  title:
    "--user with the dedicated user's IDs is not that user, whose files are closed to it and open to container root",
  source: howItWorks,
  remedy: 'let the service run as root in the container: outside it is the user; or chown its data with rootlesskit',
  async verify({ target, host, defer }) {
    const { uid, gid, home } = host.user;
    const folder = (await mustRun(target, `mktemp -d ${quoteWord(home)}/rdc.XXXXXX`)).trim();
    defer(() => mustRun(target.root, `rm -rf ${quoteWord(folder)}`));
    await using container = await startContainer(target, { host: { Binds: [`${folder}:/data`] } });
    const asUser = await container.exec(['touch', '/data/user'], { user: `${uid}:${gid}` });
    const label = `writing to a folder of UID ${uid} with --user ${uid}:${gid}`;
    expectDocumented(asUser.exitCode === 0 ? null : asUser.stderr, /Permission denied/, label);
    const [ids] = await hostIdsOf(target, container, [uid]);
    const { uids } = await subordinateIds(target);
    const outside = String(mapped(rootlessMap(uid, uids), uid));
    expect(ids?.split(':')[0], `host UID of a process that the container calls ${uid}`).toBe(outside);
    const asRoot = await container.exec(['touch', '/data/root']);
    expect(asRoot.exitCode, 'exit code of writing to it as container root').toBe(0);
    const { stdout } = await target.root.exec(['stat', '-c', '%u', `${folder}/root`]);
    expect(stdout.trim(), "owner of container root's file").toBe(String(uid));
  },
  fault: lifts('writing to a folder of UID * with --user *:*', byRootful),
});

// Red on Debian 12, where pam_limits overrides the limits of user@.service; see LIM-MLOCK-RAISE.
check('GUIDE-HOMELAB-NOFILE', {
  level: 'WORKAROUND',
  title: '"too many open files" under a unit that says LimitNOFILE=infinity is cured by the limit of user@.service',
  source: mobyIssue(40_942, 'the limit of open files of a rootless daemon'),
  applies: hasSystemd,
  remedy:
    'sudo systemctl edit user@.service: [Service] LimitNOFILE=1048576; then log in again; not the unit of Docker. Where pam_limits undoes it (Debian 12): a line in /etc/security/limits.d',
  reproduce: `sudo mkdir -p /etc/systemd/system/user@.service.d
printf '[Service]\\nLimitNOFILE=1024:4096\\n' | sudo tee /etc/systemd/system/user@.service.d/nofile.conf
sudo systemctl daemon-reload
sudo systemd-run --no-block systemctl restart "user@$(id -u)"   # this may end your login: log in again
sleep 10
docker run --rm busybox sh -c 'ulimit -Hn'   # expected: 4096, the limit that the file sets`,
  restartsDaemon: true,
  async verify(context) {
    const stage = () => context.stage('written');
    const seen = await restartUserManagerRaised('GUIDE-HOMELAB-NOFILE', { ...context, stage });
    const files = known(seen.files, 'the files that a container opened');
    if (files instanceof Error) throw files;
    const { few, cured } = files;
    expect(few.ofUnit, 'LimitNOFILE of the user unit').toBe('infinity');
    expect(few.ofDaemon, "the daemon's limit all the same").toMatch(/ 4096 +files/);
    expect(few.opened, `opening ${wantedFiles} files`).toContain('Too many open files');
    expect(cured, `opening ${wantedFiles} files with the cure`).toBe('all open');
  },
  fault: breaks('opening {5000} files with the cure', dropInOverwritten),
});

check('GUIDE-HOMELAB-BOOT', {
  level: 'WORKAROUND',
  title: 'an enabled unit is started without a login once the user lingers, and not by being enabled alone',
  source: man('loginctl', 1, 'enable-linger'),
  applies: mayInterrupt,
  remedy: 'systemctl --user enable docker; sudo loginctl enable-linger USER (see SVC-BOOT for a real boot)',
  restartsDaemon: true,
  async verify(context) {
    const { name, uid } = context.host.user;
    const { alone, daemon } = known((await lastLogout('GUIDE-HOMELAB-BOOT', context)).lingering, 'the start');
    expect(alone, `user@${uid}.service without lingering, after logind's start`).toBe('inactive');
    expect(daemon.version, 'version of the daemon that lingering starts').not.toBeNull();
    expect(daemon.sessions, `sessions of ${name} at that time`).toEqual([]);
  },
  fault: breaks(
    'version of the daemon that lingering starts',
    'lingering is switched off again',
    rootScript(
      ({ user }) => `loginctl disable-linger '${user.name}'; systemctl stop user@${user.uid}.service`,
      ({ user }) => `loginctl enable-linger '${user.name}'`,
    ),
    { at: 'lingering' },
  ),
});
