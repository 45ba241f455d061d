import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  known,
  loadLayers,
  mobyIssue,
  probeProgram,
  startContainer,
  type TarEntry,
} from '../../harness/checks/index.ts';
import { dataRoot } from '../instruments/daemon/data-root.ts';
import { entriesOf, filesOf, heldByRoot, listing, withoutWhiteout } from './layers.ts';

const check = checksIn(import.meta);

const file = (path: string, content: string): TarEntry => ({ path, mode: 0o644, content });
const folder = (path: string): TarEntry => ({ path, mode: 0o755 });

/** The one program of an image. */
const program = (): TarEntry => ({ path: 'probe', mode: 0o755, content: probeProgram() });

/** The second removes a file of the first and one in a folder, replaces a folder, and turns a folder into a file. */
const twoLayers = (nonce: string): TarEntry[][] => [
  [
    program(),
    ...['kept', 'replaced', 'turned'].map(folder),
    file(`gone-${nonce}`, 'old'),
    ...['kept/gone', 'kept/stays', 'replaced/old', 'turned/old'].map((path) => file(path, 'old')),
  ],
  [
    file(`.wh.gone-${nonce}`, ''),
    folder('kept'),
    file('kept/.wh.gone', ''),
    folder('replaced'),
    file('replaced/.wh..wh..opq', ''),
    file('replaced/new', 'new'),
    file('turned', 'new'),
  ],
];

check('ST-LAYERS', {
  level: 'MUST',
  title:
    'what the second layer of an image removes and replaces of the first is gone in a container, and the rest is there',
  source: mobyIssue(42_177, 'opaque folders and removed files of a layer: I/O errors'),
  remedy: 'see ST-DRIVER and ST-USERXATTR; docker load the image again into an empty data root',
  reproduce: `printf 'FROM busybox\\nRUN rm -r /home && mkdir /home && echo new >/home/new\\n' | docker build -t layers -
docker save -o layers.tar layers; docker rmi layers; docker load -i layers.tar
docker run --rm layers ls /home   # expected: new`,
  concurrent: true,
  async verify({ target, stage, defer }) {
    const nonce = randomUUID();
    const image = `rdc/layers-${nonce}:1`;
    defer(() => dockerApi(target, 'DELETE', `/images/${image}?force=1`));
    expect(await loadLayers(target, image, twoLayers(nonce)), 'refusal of an image of two layers').toBeNull();
    await stage('loaded');
    await using container = await startContainer(target, { image, command: ['/probe', 'serve', 'tcp', '80', nonce] });
    const seen = await filesOf(target, container, ['kept', 'replaced', 'turned', `gone-${nonce}`]);
    expect(seen, 'files of the image in a container').toEqual([
      'kept',
      'kept/stays old',
      'replaced',
      'replaced/new new',
      'turned new',
    ]);
  },
  fault: breaks(
    'files of the image in a container',
    'the mark of the removed file is lost in the layer on disk',
    withoutWhiteout('gone-*'),
    { at: 'loaded' },
  ),
});

check('ST-COMMIT', {
  level: 'MUST',
  title: 'docker commit takes what a container removed, replaced and changed; a container of it has the same files',
  source: docker('reference/cli/docker/container/commit', 'description'),
  remedy: 'see ST-USERXATTR; docker diff CONTAINER says what the daemon sees',
  reproduce: `docker run --name changed busybox sh -c 'rm /etc/group && rm -r /home && mkdir /home'   # expected: no error
docker commit changed changed:1
docker run --rm changed:1 ls /home /etc   # expected: /home is empty, and /etc has no group
docker rm changed`,
  async verify({ target, stage, defer }) {
    const repo = `rdc/commit-${randomUUID()}`;
    defer(() => dockerApi(target, 'DELETE', `/images/${repo}:1?force=1`));
    await using container = await startContainer(target);
    const changes = `rm /etc/group; rm -rf /var; mkdir -m 700 /var; echo new > /var/new; mv /mnt /moved
echo 'x:x:7:7::/:' >> /etc/passwd; chown 7:7 /var/new; chmod 4751 /var/new; ln -s new /var/link; mkfifo /var/fifo`;
    expect((await container.exec(['sh', '-ec', changes])).exitCode, 'exit code of the changes').toBe(0);
    const before = await listing(container);
    const { status } = await dockerApi(target, 'POST', `/commit?container=${container.id}&repo=${repo}&tag=1`);
    expect(status, 'status of the commit').toBe(201);
    await stage('committed');
    await using again = await startContainer(target, { image: `${repo}:1` });
    expect(await listing(again), 'files in a container of the commit').toEqual(before);
  },
  fault: breaks(
    'files in a container of the commit',
    'the mark of the removed file is lost in the layer on disk',
    withoutWhiteout('group'),
    { at: 'committed' },
  ),
});

check('ST-REMOVE', {
  level: 'MUST',
  title: 'a container, its anonymous volume and its image leave nothing in the data root when they are removed',
  source: mobyIssue(21_925, 'space that is not freed after container, volume and image are removed'),
  remedy: 'docker system df; journalctl --user -u docker says what could not be removed; rootlesskit rm -rf FOLDER',
  async verify({ target, stage, defer }) {
    const nonce = randomUUID();
    const image = `rdc/removed-${nonce}:1`;
    const remove = () => dockerApi(target, 'DELETE', `/images/${image}?force=1`);
    defer(remove);
    const root = known(await dataRoot(target), 'the data root');
    // the control of the daemon's own start: folders that it makes for the first container
    await (await startContainer(target)).stop();
    const before = await entriesOf(target, root);
    const owned = [
      { path: 'owned', mode: 0o700, owner: 1001 },
      { path: `owned/${nonce}`, mode: 0o600, content: 'x', owner: 1001 },
    ];
    expect(await loadLayers(target, image, [[program()], owned]), 'refusal of the image').toBeNull();
    const command = ['/probe', 'serve', 'tcp', '80', nonce];
    const container = await startContainer(target, {
      image,
      command,
      host: { Mounts: [{ Type: 'volume', Target: '/v', Source: '' }] },
    });
    const during = await entriesOf(target, root);
    expect(
      during.filter((path) => !before.includes(path)).length,
      'files and folders of it in the data root',
    ).toBeGreaterThan(5);
    await stage('there');
    const gone = await dockerApi(target, 'DELETE', `/containers/${container.id}?force=1&v=1`);
    expect(gone.status, 'status of the removal of the container').toBe(204);
    expect((await remove()).status, 'status of the removal of the image').toBe(200);
    const after = await entriesOf(target, root);
    expect(
      after.filter((path) => !before.includes(path)),
      'what is left of it in the data root',
    ).toEqual([]);
  },
  fault: breaks(
    ['what is left of it in the data root', 'status of the removal of *'],
    "a file of the layer belongs to the host's root, in a folder of root's",
    heldByRoot,
    { at: 'there' },
  ),
});
