import {
  breaks,
  changeFile,
  checksIn,
  docker,
  dockerApi,
  expect,
  type HostFacts,
  type Inject,
  inOrder,
  known,
  moby,
  mobyIssue,
  mustRun,
  probePath,
  quoteWord,
  rootScript,
  setAside,
  type Target,
  userScript,
} from '../../harness/checks/index.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';

const check = checksIn(import.meta);
const systemSocket = '/var/run/docker.sock';

const contextDeselected = userScript(
  (host) => `${onSearchPath(host)}docker context use default`,
  (host) => `${onSearchPath(host)}docker context use rootless`,
);

check('SOCK-CTX', {
  level: 'MUST',
  title: "the user's client has the context rootless selected, and it leads to the user's socket",
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'cli_ctx_create, cli_ctx_use'),
  applies: ({ host }) => isEngineSince(host, '23.0') || 'the setuptool selects a context only from Docker 23.0 on',
  remedy:
    'docker context create rootless --docker host=unix://$XDG_RUNTIME_DIR/docker.sock && docker context use rootless; distributions: let the setuptool find docker on PATH, not beside itself',
  concurrent: true,
  async verify({ target, host }) {
    // who made it, the tool or a hand, is judged by PRE-INSTALL
    const { stdout } = await target.shell(
      `${onSearchPath(host)}unset DOCKER_HOST DOCKER_CONTEXT; docker context inspect --format '{{.Name}} {{.Endpoints.docker.Host}}'`,
    );
    expect(stdout.trim(), "context of the user's client, and where it leads").toBe(`rootless unix://${host.socket}`);
    // in a login shell, whose files may set DOCKER_HOST, which outweighs the context
    const { ID } = (await dockerApi(target, 'GET', '/info')).json<{ ID: string }>();
    const typed = await target.login(`
"$SHELL" -lc 'docker info --format "login reached {{.ID}}"' < /dev/null
"$SHELL" -lic 'docker info --format "interactive reached {{.ID}}"' < /dev/null`);
    expect(typed.stdout, 'the daemon that the client of a login shell reaches').toContain(`login reached ${ID}`);
    // and what only interactive shells read, as Debian's ~/.bashrc
    const interactive = `interactive reached ${ID}`;
    expect(typed.stdout, 'the daemon that the client of an interactive login shell reaches').toContain(interactive);
  },
  fault: breaks("context of the user's client, and where it leads", 'docker context use default', contextDeselected),
});

/** A listener with the owner and mode of Docker's own socket unit. */
const listening: Inject = rootScript(
  () => `
setsid perl -MIO::Socket::UNIX -e '
  my $s = IO::Socket::UNIX->new(Local => "${systemSocket}", Listen => 5) or die;
  chmod 0660, "${systemSocket}"; chown 0, scalar(getgrnam("docker")), "${systemSocket}";
  open my $f, ">", "/run/rdc-listener.pid"; print $f $$; close $f;
  while (my $c = $s->accept) { close $c }' > /dev/null 2>&1 < /dev/null &
i=0; until [ -s /run/rdc-listener.pid ] || [ $i -gt 100 ]; do sleep 0.1; i=$((i+1)); done; [ -s /run/rdc-listener.pid ]`,
  () => endListener,
);

const endListener = `[ ! -s /run/rdc-listener.pid ] || { kill "$(cat /run/rdc-listener.pid)" || :; rm -f ${systemSocket}; }
rm -f /run/rdc-listener.pid`;

const ownAway: Inject = async ({ target: { root } }) => {
  const { code } = await root.shell(`${endListener}\n[ -e ${systemSocket} ]`);
  return code === 0 ? await setAside(root, systemSocket) : async () => {};
};

const inGroup: Inject = async ({ target: { root }, host: { user } }) => {
  if (user.groups.includes('docker')) return async () => {};
  // binaries bring no group
  const made = await mustRun(root, 'getent group docker > /dev/null || { groupadd docker; echo made; }');
  await mustRun(root, `usermod -aG docker ${user.name}`);
  return () => mustRun(root, `gpasswd -d ${user.name} docker; ${made.trim() === 'made' ? 'groupdel docker' : ':'}`);
};

const openToUser = inOrder(inGroup, ownAway, listening);

/** `nowhere` if the variables name nothing, `own` if they lead to the user's socket by whatever path. */
const ledByVariables = (socket: string) => `
echo # what a profile printed may have no end of line
if [ -n "$DOCKER_HOST" ]; then at=$DOCKER_HOST
elif [ -n "$DOCKER_CONTEXT" ]; then
  at=$(docker context inspect --format "{{.Endpoints.docker.Host}}" "$DOCKER_CONTEXT" 2>&1)
else echo "leads nowhere"; exit; fi
path=\${at#unix://}
if [ "$at" != "$path" ] && { [ "$path" = ${socket} ] || [ "$path" -ef ${socket} ]; }; then at=own; fi
echo "leads" $at`;

check('SOCK-NOLEAK', {
  level: 'MUST',
  title:
    'without a context the client reaches no rootful daemon: the system-wide socket is absent or closed to the user',
  source: docker('engine/security/rootless', 'client: the socket of the daemon must be named'),
  remedy: 'sudo systemctl disable --now docker.service docker.socket; sudo gpasswd -d USER docker; then log in again',
  concurrent: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { ID } = (await dockerApi(target, 'GET', '/info')).json<{ ID: string }>();
    // a new login, because a session keeps the groups of its start
    const { stdout } = await target.login(`${await probePath(target)} connect unix ${systemSocket}
${onSearchPath(host)}unset DOCKER_HOST DOCKER_CONTEXT; export DOCKER_CONFIG=/nonexistent; timeout 30 docker info --format 'reached {{.ID}}'`);
    const [connected = ''] = stdout.split('\n');
    const { errno, peer } = JSON.parse(connected) as { errno: string | null; peer: { uid: number } | null };
    const reached = errno === null && peer?.uid !== host.user.uid ? `a daemon of UID ${peer?.uid}` : 'no other daemon';
    expect(reached, `what the user reaches at ${systemSocket}`).toBe('no other daemon');
    // the client may have more privileges than its user, or be a wrapper script
    const [, answered = ID] = /^reached (\S+)$/m.exec(stdout) ?? [];
    expect(answered, 'the daemon that the client reaches without any configuration, if not none').toBe(ID);
    // an interactive shell reads more files; sh, because the user's shell may be any
    const look = `sh -c ${quoteWord(ledByVariables(quoteWord(host.socket)))}`;
    const typed = await target.login(`exec "$SHELL" -lic ${quoteWord(look)} < /dev/null`);
    const [, led = 'no answer'] = /^leads (.+)$/m.exec(typed.stdout) ?? [];
    expect(led, 'where DOCKER_HOST and DOCKER_CONTEXT of an interactive login shell lead').toMatch(/^(nowhere|own)$/);
  },
  fault: breaks(
    'what the user reaches at {/var/run/docker.sock}',
    'a daemon of root listens on the system-wide socket, and the user is in the group docker',
    openToUser,
  ),
});

/** What the client of an interactive login shell prints after its marker; a profile may print before. */
const typedByUser = async (target: Target, script: string): Promise<string> => {
  const { stdout } = await target.login(
    `exec "$SHELL" -lic ${quoteWord(`sh -c ${quoteWord(`echo; echo @typed; ${script}`)}`)} < /dev/null`,
  );
  return known(/^@typed\n([\s\S]*)$/m.exec(stdout)?.[1], 'what a login shell of the user prints');
};

const configJson = ({ user }: HostFacts) => `${user.home}/.docker/config.json`;

check('SOCK-CREDS', {
  level: 'SHOULD',
  title: "the credential helpers that the client's config.json names are on the user's PATH",
  source: mobyIssue(25169, 'a credentials store where there is no desktop; the helper of another machine'),
  applies: ({ host }) => host.paths.docker !== null || 'the client docker is not installed',
  remedy:
    'install docker-credential-NAME, or take credsStore and credHelpers out of ~/.docker/config.json; then docker login',
  concurrent: true,
  needsDaemon: false,
  async verify({ target }) {
    const text = await typedByUser(
      target,
      'f=${DOCKER_CONFIG:-$HOME/.docker}/config.json; if [ -e "$f" ]; then cat "$f"; else echo "{}"; fi',
    );
    const { credsStore, credHelpers = {} } = JSON.parse(text) as {
      credsStore?: string;
      credHelpers?: Readonly<Record<string, string>>;
    };
    const named = [...new Set([credsStore, ...Object.values(credHelpers)])].filter(Boolean);
    const looked = await typedByUser(
      target,
      `for h in ${named.map((name) => quoteWord(String(name))).join(' ')}; do command -v "docker-credential-$h" > /dev/null || echo "$h"; done`,
    );
    expect(looked.split('\n').filter(Boolean), 'credential helpers that are named and not installed').toEqual([]);
  },
  fault: breaks(
    'credential helpers that are named and not installed',
    'the helper of Docker Desktop in config.json, as it is copied from another machine',
    ({ target, host }) =>
      changeFile(target, configJson(host), (before) =>
        JSON.stringify({ ...(JSON.parse(before.trim() || '{}') as object), credsStore: 'desktop' }),
      ),
  ),
});
