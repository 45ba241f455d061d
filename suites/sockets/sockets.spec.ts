import {
  asFinding,
  away,
  breaks,
  checksIn,
  chmod,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  inOrder,
  issue,
  lifts,
  moby,
  page,
  startContainer,
  type Target,
} from '../../harness/checks/index.ts';
import { hidesSocket, overlaidForDaemon } from '../instruments/daemon/mount-overlay.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { mapped, rootlessMap } from '../instruments/kernel/id-map.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';
import { openApis, openSockets, relayedApis } from './open-apis.ts';
import { connectAs, dockerGroupId, pathState } from './socket-state.ts';

const check = checksIn(import.meta);
const legacySocket = '/var/run/docker.sock';

type Connected = { errno: string | null; peer: { uid: number } | null };
type Entry = { errno: string | null; stat: { stMode: string } | null };

check('SOCK-PATH', {
  level: 'MUST',
  title: 'the API answers on $XDG_RUNTIME_DIR/docker.sock',
  source: docker('engine/security/rootless', 'the socket path'),
  remedy: 'systemctl --user status docker; journalctl --user -u docker; systemctl --user restart docker',
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const socket = await pathState(target, host.socket);
    expect(socket?.type, `kind of ${host.socket}`).toBe('socket');
    const answer = await dockerApi(target, 'GET', '/_ping').catch(() => null);
    expect(answer?.status, `status of /_ping on ${host.socket}`).toBe(200);
    expect(answer?.text, `answer to /_ping on ${host.socket}`).toBe('OK');
  },
  fault: breaks(
    'kind of {*docker.sock}',
    'the socket is moved away',
    away(({ socket }) => socket),
  ),
});

check('SOCK-MODE', {
  level: 'MUST',
  title: "the socket has mode 1660, the user as owner, and a group of the user's namespace",
  source: moby('v26.1.5', 'daemon/listeners/listeners_linux.go', 'the socket and its group; the sticky bit'),
  remedy: 'systemctl --user restart docker; look for a hook or a tmpfiles rule that changes the socket',
  readOnly: true,
  async verify({ target, host }) {
    const socket = await pathState(target, host.socket);
    expect(socket?.mode, 'mode of the socket').toBe('1660');
    expect(socket?.uid, 'owner of the socket').toBe(host.user.uid);
    const group = await dockerGroupId(target);
    const { gids } = await subordinateIds(target);
    // the daemon sees the host's group by its number, which inside is a subordinate ID
    const wanted = group === null ? host.user.gid : mapped(rootlessMap(host.user.gid, gids), group);
    expect(socket?.gid, 'group of the socket').toBe(wanted);
  },
  fault: breaks(
    'mode of the socket',
    'the socket gets mode 666',
    chmod('0666', (host) => host.socket),
  ),
});

check('SOCK-PRIVATE', {
  level: 'MUST',
  title: 'another local user cannot connect to the socket, and the API is open on no TCP port',
  source: page('https://specifications.freedesktop.org/basedir-spec/latest/', 'XDG_RUNTIME_DIR: access mode 0700'),
  remedy:
    'chmod 700 $XDG_RUNTIME_DIR; chmod 1660 $XDG_RUNTIME_DIR/docker.sock; sudo ss -ltnp shows who hands TCP on (socat, systemd-socket-proxyd)',
  concurrent: true,
  async verify({ target, host }) {
    expect(await connectAs(target, host.user.name, host.socket), "the user's own connection").toBe('connected');
    expect(await connectAs(target, 'nobody', host.socket), 'the connection of another user').toBe('EACCES');
    const { pid } = await daemonProcess(target);
    expect(await openApis(target, pid), 'TCP addresses on which the daemon asks no client for a certificate').toBe('');
    expect(await relayedApis(target), 'TCP addresses by which somebody hands on to the daemon').toEqual([]);
    expect(await openSockets(target, pid), 'other accounts that may connect, and to which socket').toEqual([]);
  },
  fault: breaks(
    'the connection of another user',
    'the runtime directory and the socket are opened to others',
    inOrder(
      chmod('o+x', (host) => host.runtimeDir ?? `/run/user/${host.user.uid}`),
      chmod('o+rw', (host) => host.socket),
    ),
    { alsoBreaks: ['SOCK-MODE'] },
  ),
});

check('SOCK-MNT', {
  level: 'WORKAROUND',
  title: "the user's socket mounted at /var/run/docker.sock lets a container drive the daemon",
  source: issue('edgexfoundry/edgex-compose', 451, 'the rootless socket path for services that drive Docker'),
  remedy: 'mount $XDG_RUNTIME_DIR/docker.sock, e.g. -v $XDG_RUNTIME_DIR/docker.sock:/var/run/docker.sock',
  concurrent: true,
  async verify({ target, host }) {
    await using container = await startContainer(target, { host: { Binds: [`${host.socket}:${legacySocket}`] } });
    const entry = await container.probe<Entry>('open', legacySocket, 'r');
    expect(typeOf(entry), 'what the container sees at /var/run/docker.sock').toBe('socket');
    const connected = await container.probe<Connected>('connect', 'unix', legacySocket);
    expect(connected.errno, 'connecting from inside the container').toBeNull();
    // SO_PEERCRED from inside: root of the same user namespace
    expect(connected.peer?.uid, 'user of the process that listens').toBe(0);
  },
  fault: breaks(
    'what the container sees at /var/run/docker.sock',
    'for the daemon, an ordinary file lies over the socket (as a copied-up directory would have it)',
    hidesSocket,
  ),
});

check('SOCK-LEGACY-MNT', {
  level: 'LIMITATION',
  title: 'mounting the rootful path /var/run/docker.sock gives a container an empty directory',
  source: issue('edgexfoundry/edgex-compose', 461, 'the socket path in compose files'),
  remedy: 'use the path of the rootless socket: $XDG_RUNTIME_DIR/docker.sock',
  async verify({ target, defer }) {
    // the daemon makes the missing source in its copy of /run, where it would stay until the next restart
    defer(async () => {
      const { pid } = await daemonProcess(target);
      await target.root.shell(`nsenter -t ${pid} -m -- rmdir /run/docker.sock`);
    });
    await using container = await startContainer(target, { host: { Binds: [`${legacySocket}:${legacySocket}`] } });
    const entry = await container.probe<Entry>('open', legacySocket, 'r');
    const type = typeOf(entry);
    // with a rootful daemon beside, the path is its socket, and as closed to the user's containers as to the user
    if (type === 'socket' && (await hasRootfulSocket(target))) {
      const { errno } = await container.probe<{ errno: string | null }>('http', legacySocket, 'GET', '/_ping');
      expectDocumented(errno, /^EACCES$/, 'what the container sees at /var/run/docker.sock');
      return;
    }
    expectDocumented(type === 'socket' ? null : type, /^directory$/, 'what the container sees at /var/run/docker.sock');
    const { stdout } = await container.exec(['ls', '-A', legacySocket]);
    asFinding('differs', () => expect(stdout.trim(), 'differs: entries of the directory').toBe(''));
  },
  fault: lifts(
    'what the container sees at /var/run/docker.sock',
    "the daemon's /run has a socket at the rootful path",
    overlaidForDaemon(
      // beside a rootful daemon it is a link to that one's socket, which the user may not touch
      ({ socket }) => `[ -e /run/docker.sock ] || touch /run/docker.sock; mount --bind '${socket}' /run/docker.sock`,
      () => 'umount /run/docker.sock; [ -L /run/docker.sock ] || rm -f /run/docker.sock',
    ),
  ),
});

async function hasRootfulSocket({ root }: Target): Promise<boolean> {
  return (await root.exec(['test', '-S', legacySocket])).code === 0;
}

function typeOf({ stat }: Entry): string {
  if (stat === null) return 'nothing';
  const kinds = new Map([
    [0o140000, 'socket'],
    [0o040000, 'directory'],
    [0o100000, 'file'],
    [0o020000, 'character device'],
  ]);
  return kinds.get(Number.parseInt(stat.stMode, 8) & 0o170000) ?? `mode ${stat.stMode}`;
}
