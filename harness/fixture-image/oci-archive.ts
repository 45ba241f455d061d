import { createHash } from 'node:crypto';
import { type Architecture, fixtureImageTag } from './image.ts';
import { type TarEntry, writeTar } from './tar.ts';

interface ImageParts {
  arch: Architecture;
  busybox: Buffer;
  applets: readonly string[];
  probe: Buffer;
}

const epoch = '1970-01-01T00:00:00Z';

interface LayeredImage {
  arch: Architecture;
  /** `NAME:TAG` */
  tag: string;
  /** the lowest first */
  layers: readonly (readonly TarEntry[])[];
}

/** The fixture image. */
export function writeImageArchive(parts: ImageParts) {
  return writeLayeredArchive({ arch: parts.arch, tag: fixtureImageTag, layers: [rootEntries(parts)] });
}

/**
 * An image as `docker save` writes it since version 25: read by `docker load` as manifest.json, by containerd as an
 * OCI layout. Its ID is `digest` in Docker's own image store, `manifestDigest` in containerd's.
 */
export async function writeLayeredArchive({ arch, tag, layers: contents }: LayeredImage) {
  const tars = await Promise.all(contents.map(writeTar));
  const layers = tars.map((tar) => writeBlob('application/vnd.oci.image.layer.v1.tar', tar));
  const diffIds = layers.map(({ digest }) => digest);
  const config = writeBlob('application/vnd.oci.image.config.v1+json', imageConfig(arch, diffIds));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const manifest = writeBlob(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: config.descriptor,
    layers: descriptors,
  });
  const paths = layers.map(({ path }) => path);
  const jsonEntry = (path: string, value: unknown) => ({ path, mode: 0o644, content: JSON.stringify(value) });
  const tar = await writeTar([
    { path: 'blobs', mode: 0o755 },
    { path: 'blobs/sha256', mode: 0o755 },
    ...[...layers, config, manifest].map((blob) => ({ path: blob.path, mode: 0o644, content: blob.content })),
    jsonEntry('manifest.json', [{ Config: config.path, RepoTags: [tag], Layers: paths }]),
    jsonEntry('oci-layout', { imageLayoutVersion: '1.0.0' }),
    jsonEntry('index.json', imageIndex(arch, tag, manifest.descriptor)),
  ]);
  return { tar, digest: config.digest, manifestDigest: manifest.digest };
}

function rootEntries({ busybox, applets, probe }: ImageParts): TarEntry[] {
  const directories = ['bin', 'dev', 'etc', 'mnt', 'proc', 'run', 'sys', 'var'];
  return [
    ...directories.map((path) => ({ path, mode: 0o755 })),
    { path: 'root', mode: 0o700 },
    { path: 'tmp', mode: 0o1777 },
    { path: 'etc/passwd', mode: 0o644, content: 'root:x:0:0:root:/root:/bin/sh\n' },
    { path: 'etc/group', mode: 0o644, content: 'root:x:0:\n' },
    { path: 'bin/busybox', mode: 0o755, content: busybox },
    { path: 'bin/probe', mode: 0o755, content: probe },
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name) => ({ path: `bin/${name}`, mode: 0o777, linkTo: 'busybox' })),
  ];
}

function imageConfig(architecture: Architecture, diffIds: readonly string[]) {
  return {
    architecture,
    os: 'linux',
    created: epoch,
    // PID 1 ignores SIGTERM, so `docker stop` of a sleeping container would take 10 s; checks of signals set their own.
    config: { Env: ['PATH=/bin'], Cmd: ['sleep', 'infinity'], WorkingDir: '/', StopSignal: 'SIGKILL' },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map(() => ({ created: epoch, created_by: 'rdc' })),
  };
}

function imageIndex(architecture: Architecture, tag: string, manifest: object) {
  const annotations = {
    'io.containerd.image.name': `docker.io/${tag}`,
    'org.opencontainers.image.ref.name': tag.slice(tag.indexOf(':') + 1),
  };
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest, annotations, platform: { architecture, os: 'linux' } }],
  };
}

function writeBlob(mediaType: string, from: Buffer | object) {
  const content = Buffer.isBuffer(from) ? from : Buffer.from(JSON.stringify(from));
  const hex = createHash('sha256').update(content).digest('hex');
  const digest = `sha256:${hex}`;
  return { content, digest, path: `blobs/sha256/${hex}`, descriptor: { mediaType, digest, size: content.length } };
}
