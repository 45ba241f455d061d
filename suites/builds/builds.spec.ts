import { randomUUID } from 'node:crypto';
import {
  breaks,
  changeFile,
  checksIn,
  docker,
  dockerApi,
  expect,
  fixtureImageTag,
  issue,
  known,
  mustRun,
  quoteWord,
  sharedContainer,
  startContainer,
} from '../../harness/checks/index.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { dataRoot, findInDataRoot } from '../instruments/daemon/data-root.ts';
import { refusalBy, withClient } from '../instruments/daemon/user-client.ts';
import { mapped, parseIdMap, rootlessMap } from '../instruments/kernel/id-map.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { buildersOf, forgetBuilds, hasBuildKit } from './builders.ts';

const check = checksIn(import.meta);

type Platform = { readonly Os: string; readonly Architecture: string };

check('BUILD-RUN', {
  level: 'MUST',
  title:
    "a build step runs in the user's namespace with a network, and what it makes has the mapped owner, with each builder",
  source: issue('docker/buildx', 561, 'RUN steps of a rootless daemon'),
  applies: ({ host }) => host.paths.docker !== null || 'the client docker is not installed',
  remedy:
    'docker buildx ls shows the builder: it has to be the daemon itself (driver docker); see NS-UIDMAP, NET-BRIDGE',
  async verify({ target, host, defer }) {
    await sharedContainer(target);
    // what the files say, not what the daemon is: another one may have taken its place
    const uidMap = rootlessMap(host.user.uid, (await subordinateIds(target)).uids);
    for (const [builder, choice] of Object.entries(buildersOf(host))) {
      const nonce = `rdc-${randomUUID()}`;
      await using server = await serveOnHost(target, target, ['tcp', '0', nonce]);
      const fetch = `probe fetch tcp ${await hostAddress(target)} ${server.ports[0]} 15000`;
      const Dockerfile = `FROM ${fixtureImageTag}
RUN cat /proc/self/uid_map > /map; ${fetch} > /fetched; touch /${nonce}; chown 1001:1001 /${nonce}
`;
      defer(async () => {
        await dockerApi(target, 'DELETE', `/images/rdc/${nonce}:1?force=1`);
        await forgetBuilds(target, nonce);
      });
      const built = await withClient({ target, host }, { Dockerfile }, `${choice} docker build -t rdc/${nonce}:1 .`);
      expect(refusalBy(built), `refusal of a build by ${builder}`).toBeNull();
      await using container = await startContainer(target, { image: `rdc/${nonce}:1` });
      const read = async (file: string) => (await container.exec(['cat', file])).stdout;
      expect(parseIdMap(await read('/map')), `UID map of a step of ${builder}`).toEqual(uidMap);
      expect(await read('/fetched'), `what a step of ${builder} fetches from the host`).toContain(nonce);
      const file = known(await findInDataRoot(target, nonce), "the step's file in the data root");
      const owner = Number(await mustRun(target.root, `stat -c %u '${file}'`));
      expect(owner, `owner on disk of a file that a step of ${builder} gave to 1001`).toBe(mapped(uidMap, 1001));
    }
  },
  fault: breaks(
    ['UID map of a step of *', 'owner on disk of a file that a step of * gave to 1001'],
    'the builder is another daemon, of root',
    byRootful.inject,
    { alsoBreaks: byRootful.alsoBreaks },
  ),
});

check('BUILD-LOGIN', {
  level: 'MUST',
  title: "a build that is typed in a login shell, with the user's own settings, runs, for the platform of the machine",
  source: issue('docker/for-linux', 1451, "the client's files belong to root since a sudo docker build"),
  applies: ({ host }) => host.paths.docker !== null || 'the client docker is not installed',
  remedy:
    'grep -r DOCKER ~/.profile ~/.bashrc /etc/profile.d: DOCKER_BUILDKIT=1 wants docker-buildx; ls -lR ~/.docker: all of it has to be yours; cat ~/.docker/config.json: proxies',
  async verify({ target, defer }) {
    await sharedContainer(target);
    const nonce = `rdc-${randomUUID()}`;
    const tag = `rdc/${nonce}:1`;
    const Dockerfile = `FROM ${fixtureImageTag}\nRUN env > /env; : ${nonce}\n`;
    defer(async () => {
      await dockerApi(target, 'DELETE', `/images/${tag}?force=1`);
      await forgetBuilds(target, nonce);
    });
    const built = await target.login(`d=$(mktemp -d) && cd "$d" || exit
printf %s ${quoteWord(Dockerfile)} > Dockerfile
"$SHELL" -lic 'docker build -t ${tag} .' 2>&1 < /dev/null; code=$?; cd /; rm -rf "$d"; exit $code`);
    expect(refusalBy(built), 'refusal of a build typed in a login shell').toBeNull();
    const platform = async (image: string) => {
      const { Os, Architecture } = (await dockerApi(target, 'GET', `/images/${image}/json`)).json<Platform>();
      return `${Os}/${Architecture}`;
    };
    expect(await platform(tag), 'platform of what it built').toBe(await platform(fixtureImageTag));
    await using container = await startContainer(target, { image: tag });
    const { stdout } = await container.exec(['cat', '/env']);
    expect(stdout, 'environment of its step').toContain('PATH=');
    const proxies = stdout.split('\n').filter((line) => /_proxy=[a-z0-9]+:\/\/(localhost|127\.|\[::1\])/i.test(line));
    expect(proxies, "proxies on a loopback, which for its step is the container's own").toEqual([]);
  },
  fault: breaks(
    "proxies on a loopback, which for its step is the container's own",
    "the client's config.json hands on a proxy of the host's loopback",
    ({ target, host }) =>
      changeFile(target, `${host.user.home}/.docker/config.json`, (before) =>
        JSON.stringify({
          ...(JSON.parse(before.trim() || '{}') as object),
          proxies: { default: { httpProxy: 'http://127.0.0.1:3128' } },
        }),
      ),
  ),
});

check('BUILD-CACHE', {
  level: 'MUST',
  title:
    'a cache mount keeps what a step put there for the next build, a step reads a secret, and neither is in the image',
  source: docker('reference/dockerfile', 'RUN --mount=type=cache, type=secret'),
  applies: hasBuildKit,
  remedy: 'DOCKER_BUILDKIT=1; docker buildx ls; docker buildx du; look for builder.gc in daemon.json',
  async verify({ target, host, defer, stage }) {
    await sharedContainer(target);
    const [nonce, secret] = [`rdc-${randomUUID()}`, randomUUID()];
    const mounts = `--mount=type=cache,id=${nonce},target=/c --mount=type=secret,id=token`;
    const Dockerfile = `FROM ${fixtureImageTag}
ARG TURN
RUN ${mounts} cat /c/${nonce} > /before || echo nothing > /before; echo $TURN > /c/${nonce}; wc -c < /run/secrets/token > /length
`;
    defer(async () => {
      for (const turn of ['first', 'second']) await dockerApi(target, 'DELETE', `/images/rdc/${nonce}:${turn}?force=1`);
      await forgetBuilds(target, nonce);
    });
    const build = async (turn: string) => {
      const command = `DOCKER_BUILDKIT=1 docker build --secret id=token,src=token --build-arg TURN=${turn} -t rdc/${nonce}:${turn} .`;
      expect(
        refusalBy(await withClient({ target, host }, { Dockerfile, token: secret }, command)),
        `refusal of the ${turn} build`,
      ).toBeNull();
    };
    await build('first');
    await stage('built');
    await build('second');
    await using container = await startContainer(target, { image: `rdc/${nonce}:second` });
    const { stdout } = await container.exec(['sh', '-c', 'cat /before /length; ls -A /c /run']);
    const [before, length, ...left] = stdout.trim().split('\n');
    expect(before, 'what the second build found in its cache').toBe('first');
    expect(Number(length), 'bytes of the secret that its step read').toBe(secret.length);
    expect(left.join(' '), 'files where the mounts were, in the image').not.toMatch(/rdc-|token/);
    const root = known(await dataRoot(target), 'the data root');
    const { stdout: kept } = await target.root.shell(`grep -rlF ${secret} '${root}'`);
    expect(kept, 'files of the data root that have the secret').toBe('');
  },
  fault: breaks(
    'what the second build found in its cache',
    "the builder's cache is thrown away between the builds",
    async ({ target }) => {
      await dockerApi(target, 'POST', '/build/prune?all=1');
      return async () => {};
    },
    { at: 'built' },
  ),
});
