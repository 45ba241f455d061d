import { buffer } from 'node:stream/consumers';
import type { Headers } from 'tar-stream';

export type TarEntry = {
  /** relative, a directory's without a trailing slash */
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer | string;
  readonly linkTo?: string;
  /** UID and GID; default 0 */
  readonly owner?: number;
  /** extended attributes by name, as the layers of an image carry them */
  readonly xattrs?: Readonly<Record<string, Buffer>>;
};

/** The largest owner that the library writes into a header; a larger one takes a PAX record. */
const maxHeaderOwner = 0o777777;

/** An archive that depends on its entries alone: sorted by path, owner 0:0 unless given, mtime 0. */
export async function writeTar(entries: readonly TarEntry[]): Promise<Buffer> {
  // only on use: `rdc list` loads every check
  const { pack } = await import('tar-stream');
  const tar = pack();
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const entry of sorted) tar.entry(headerOf(entry), Buffer.from(entry.content ?? ''));
  tar.finalize();
  return await buffer(tar);
}

function headerOf({ path, mode, content, linkTo, owner = 0, xattrs }: TarEntry): Headers {
  const pax = paxRecords(owner, xattrs);
  const common = { mode, uid: owner, gid: owner, mtime: new Date(0), ...(Object.keys(pax).length > 0 && { pax }) };
  if (linkTo !== undefined) return { ...common, name: path, type: 'symlink', linkname: linkTo };
  if (content === undefined) return { ...common, name: `${path}/`, type: 'directory' };
  return { ...common, name: path, type: 'file' };
}

function paxRecords(owner: number, xattrs: TarEntry['xattrs'] = {}): Record<string, string> {
  const records: Record<string, string> = owner > maxHeaderOwner ? { uid: String(owner), gid: String(owner) } : {};
  for (const [name, value] of Object.entries(xattrs)) {
    // the library writes text as UTF-8: any other byte would become two
    if (value.some((byte) => byte >= 0x80)) throw new RangeError(`${name} has bytes from 0x80 on`);
    records[`SCHILY.xattr.${name}`] = value.toString('latin1');
  }
  return records;
}
