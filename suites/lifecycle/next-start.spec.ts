import {
  breaks,
  changeFile,
  checksIn,
  docker,
  expect,
  type Inject,
  known,
  man,
  mustRun,
  quoteWord,
} from '../../harness/checks/index.ts';
import { asNextStart } from '../instruments/daemon/next-start.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd } from '../instruments/daemon/user-unit.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { configurationOf, programUpdated, replacedPrograms, settingsIn } from './next-start.ts';

const check = checksIn(import.meta);

check('SVC-STALE', {
  level: 'SHOULD',
  title:
    'the programs of the service are those on disk, and its configuration has not changed since the daemon read it',
  source: docker('engine/daemon', 'configure the daemon: it reads the file when it starts'),
  remedy: 'systemctl --user restart docker, when its containers may stop: an update of packages does not restart it',
  readOnly: true,
  async verify({ target }) {
    const daemon = await daemonProcess(target);
    expect(await replacedPrograms(target, daemon), 'programs that were replaced since they were started').toEqual([]);
    const { file, changed, read } = await configurationOf(target, daemon.pid);
    // the boot time of the kernel is in whole seconds
    const late = changed === null ? 0 : Math.max(0, Math.floor(changed - read - 2));
    expect(late, `seconds from its reading to the last change of ${file}`).toBe(0);
  },
  fault: breaks('programs that were replaced since they were started', 'an update replaces dockerd', programUpdated),
});

/** A word that no daemon knows, for its next start. */
const misspelt: Inject = ({ target, host }) =>
  changeFile(target, `${host.user.home}/.config/docker/daemon.json`, (text) =>
    JSON.stringify({ ...(JSON.parse(text.trim() || '{}') as object), 'log-opt': { 'max-size': '10m' } }),
  );

check('SVC-NEXT', {
  level: 'MUST',
  title: 'the next start of the daemon takes its configuration and its flags, and finds what the unit starts',
  source: docker('engine/daemon/troubleshoot', 'unable to configure the Docker daemon with file'),
  applies: ({ host }) =>
    isEngineSince(host, '23.0') ? hasSystemd({ host }) : 'dockerd --validate is there from 23.0 on',
  remedy: 'dockerd --validate --config-file ~/.config/docker/daemon.json says what is wrong with it',
  concurrent: true,
  async verify({ target, host }) {
    const { stdout: unit } = await target.shell(
      `systemctl --user show docker.service -p ExecStart | grep -o 'path=[^ ;]*' | cut -d= -f2 | while read -r f; do [ -x "$f" ] || echo "$f"; done
echo "flags $(systemctl --user show docker.service -p ExecStart | sed -n 's/.*argv\\[\\]=[^ ]* \\(.*\\) ; ignore_errors.*/\\1/p')"`,
    );
    const [, missing = '', own = ''] = known(/^([\s\S]*?)flags (.*)\n$/.exec(unit), 'what the unit starts');
    expect(missing.trim(), 'programs that the unit starts and that cannot be run').toBe('');
    const configuration = await configurationOf(target, (await daemonProcess(target)).pid);
    const { file, changed } = configuration;
    // the unit may have others by now than the daemon that runs
    const isRunning = `${configuration.flags.join(' ')} `.includes(`${own} `);
    const flags = isRunning ? configuration.flags : [...configuration.flags, ...own.split(' ')];
    if (changed === null && isRunning) return;
    const words = [
      'dockerd',
      '--validate',
      ...flags,
      ...(changed === null || flags.some((flag) => flag.startsWith('--config-file')) ? [] : ['--config-file', file]),
    ];
    const said = await target.shell(`${onSearchPath(host)}${words.map(quoteWord).join(' ')} 2>&1`);
    expect(said.code === 0 ? null : said.stdout.trim(), 'refusal of its flags and configuration by dockerd').toBeNull();
  },
  fault: breaks(
    'refusal of its flags and configuration by dockerd',
    'a misspelt setting, which nobody has read yet',
    misspelt,
    { alsoBreaks: ['SVC-STALE'] },
  ),
});

check('SVC-NEXT-ENV', {
  level: 'SHOULD',
  title:
    'the next start of the daemon has the folders, network driver, flags and proxies that the running one was given',
  source: man('environment.d', 5, 'variables of user services; the user manager reads them anew with each reload'),
  applies: hasSystemd,
  remedy:
    'systemctl --user show-environment; systemctl --user cat docker; ls ~/.config/environment.d: take out what is not meant, or restart the daemon now and see what it has',
  needsDaemon: false,
  async verify({ target }) {
    const { startedBy } = await daemonProcess(target);
    const first = known(startedBy[0], 'the first process of the service');
    const running = await mustRun(target.root, `tr '\\0' '\\n' < /proc/${first.pid}/environ`);
    const { stdout } = await asNextStart(target, 'env');
    const [now, next] = [settingsIn(running), settingsIn(stdout)];
    expect(now.length, "settings in the service's environment").toBeGreaterThan(0);
    const differing = [
      ...now.filter((line) => !next.includes(line)).map((line) => `no more ${line}`),
      ...next.filter((line) => !now.includes(line)),
    ];
    expect(differing, 'environment of the next start, beside that of the running service').toEqual([]);
  },
  fault: breaks(
    'environment of the next start, beside that of the running service',
    'a drop-in that nobody has read yet moves the data root (XDG_DATA_HOME)',
    unitDropIn('Environment=XDG_DATA_HOME=/var/tmp/rdc-data'),
  ),
});
