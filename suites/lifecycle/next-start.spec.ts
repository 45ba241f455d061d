import { breaks, changeFile, checksIn, docker, expect, type Inject, quoteWord } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { hasSystemd } from '../instruments/daemon/user-unit.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { configurationOf, programUpdated, replacedPrograms } from './next-start.ts';

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
      `systemctl --user show docker.service -p ExecStart | grep -o 'path=[^ ;]*' | cut -d= -f2 | while read -r f; do [ -x "$f" ] || echo "$f"; done`,
    );
    expect(unit.trim(), 'programs that the unit starts and that cannot be run').toBe('');
    const { flags, file, changed } = await configurationOf(target, (await daemonProcess(target)).pid);
    if (changed === null) return;
    const words = [
      'dockerd',
      '--validate',
      ...flags,
      ...(flags.some((flag) => flag.startsWith('--config-file')) ? [] : ['--config-file', file]),
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
