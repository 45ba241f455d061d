import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { collectScript, parseHostFacts } from './host-facts.ts';
import { findEngine, versionsOf } from './read-facts.ts';

const versionScript = (program: string) => `${findEngine}\n${versionsOf([program])}`;

/** A host whose user unit has PATH=~/bin and starts what lies there; nothing of it is on the session's PATH. */
function hostWithEngineAtHome() {
  const home = mkdtempSync(join(tmpdir(), 'rdc-home-'));
  const file = (name: string, text: string) => {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(home, name);
  };
  const unit = `Environment=LANG=C DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta PATH=${home}/bin:/usr/bin\nExecStart={ path=${home}/start/dockerd-rootless.sh ; argv[]=x DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=no }`;
  file(
    'session/systemctl',
    `[ "$*" != '--user show docker.service -p Environment -p ExecStart' ] || printf '%s\\n' '${unit}'`,
  );
  for (const name of ['docker', 'dockerd', 'rootlesskit']) file(`bin/${name}`, `echo ${name} version 99.1`);
  file('start/dockerd-rootless.sh', ':');
  const env = { HOME: home, PATH: `${home}/session:/usr/bin:/bin`, XDG_RUNTIME_DIR: home };
  return { home, file, env, run: (script: string) => execFileSync('sh', ['-c', script], { env, encoding: 'utf8' }) };
}

it("the engine is found on the PATH of the daemon's unit, and beside what the unit starts", () => {
  const { home, run } = hostWithEngineAtHome();
  const { paths, versions, searchPath, asked, socket, sysctl } = parseHostFacts(run(collectScript));
  expect(paths).toMatchObject({
    docker: `${home}/bin/docker`,
    dockerd: `${home}/bin/dockerd`,
    rootlesskit: `${home}/bin/rootlesskit`,
    'dockerd-rootless.sh': `${home}/start/dockerd-rootless.sh`,
  });
  expect(versions).toMatchObject({ docker: 'docker version 99.1', rootlesskit: 'rootlesskit version 99.1' });
  expect(searchPath).toBe(`${home}/bin:/usr/bin:${home}/start:${home}/session:/usr/bin:/bin:/usr/sbin:/sbin`);
  expect(run(versionScript('dockerd'))).toBe('dockerd dockerd version 99.1\n');
  expect(asked).toMatchObject({ networkDriver: 'pasta', portDriver: null });
  expect(socket).toBe(`${home}/docker.sock`);
  expect(sysctl.maxInotifyInstances).toBe(Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8')));
});

it('a session without XDG_RUNTIME_DIR has the socket where systemd would make it', () => {
  const { run } = hostWithEngineAtHome();
  const { runtimeDir, socket, user } = parseHostFacts(run(`unset XDG_RUNTIME_DIR\n${collectScript}`));
  expect({ runtimeDir, socket }).toEqual({ runtimeDir: null, socket: `/run/user/${user.uid}/docker.sock` });
});

it('of dockerd and RootlessKit the running program is taken, whatever lies on the PATH', async () => {
  const { home, env, run } = hostWithEngineAtHome();
  // interpreters by those names: the kernel's link to the executable is what is read
  mkdirSync(join(home, 'opt'));
  for (const name of ['dockerd', 'rootlesskit']) copyFileSync('/usr/bin/perl', join(home, 'opt', name));
  const listen = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Local => "${home}/docker.sock", Listen => 1) or die; $| = 1; print "listens\\n"; sleep 60`;
  const start = `exec "${home}/opt/dockerd", "-e", $ARGV[0] if !($p = fork); $SIG{TERM} = sub { kill 9, $p; exit }; wait`;
  const kit = spawn(join(home, 'opt/rootlesskit'), ['-e', start, listen], { env: { ...env, PATH: `${home}/opt` } });
  try {
    await once(kit.stdout, 'data');
    const { paths, searchPath } = parseHostFacts(run(collectScript));
    expect(paths).toMatchObject({ dockerd: `${home}/opt/dockerd`, rootlesskit: `${home}/opt/rootlesskit` });
    expect(searchPath).toMatch(new RegExp(`^${home}/opt:`));
    // its second line: the first one is empty
    expect(run(versionScript('dockerd'))).toContain('This is perl');
  } finally {
    kit.kill();
  }
});
