export interface TarEntry {
  /** Relative, a directory's without a trailing slash; at most 99 bytes. */
  path: string;
  mode: number;
  content?: Buffer | string;
  linkTo?: string;
  /** Owner, as UID and GID; default 0. */
  owner?: number;
  /** Extended attributes by name, as the layers of an image carry them. */
  xattrs?: Readonly<Record<string, Buffer>>;
}

const blockBytes = 512;
const typeFlags = { file: '0', symlink: '2', directory: '5', pax: 'x' } as const;
type Kind = keyof typeof typeFlags;

/** A ustar archive that depends on its entries alone: sorted by path, owner 0:0 unless given, mtime 0. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return Buffer.concat([...sorted.flatMap(writeEntry), Buffer.alloc(2 * blockBytes)]);
}

function writeEntry(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const own = [writeHeader(entry, kindOf(entry), content.length), ...padded(content)];
  if (entry.xattrs === undefined) return own;
  const records = Buffer.concat(Object.entries(entry.xattrs).map(([name, value]) => paxRecord(name, value)));
  return [writeHeader({ path: `pax/${entry.path}`, mode: 0o644 }, 'pax', records.length), ...padded(records), ...own];
}

function padded(content: Buffer): Buffer[] {
  return [content, Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)];
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(name: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` SCHILY.xattr.${name}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function writeHeader(entry: TarEntry, type: Kind, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  writeField(header, 0, 100, type === 'directory' ? `${entry.path}/` : entry.path);
  writeField(header, 100, 8, octal(entry.mode, 7));
  writeField(header, 108, 8, octal(entry.owner ?? 0, 7));
  writeField(header, 116, 8, octal(entry.owner ?? 0, 7));
  writeField(header, 124, 12, octal(size, 11));
  writeField(header, 136, 12, octal(0, 11));
  writeField(header, 148, 8, ' '.repeat(8));
  writeField(header, 156, 1, typeFlags[type]);
  writeField(header, 157, 100, entry.linkTo ?? '');
  writeField(header, 257, 8, 'ustar\x0000');
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  writeField(header, 148, 8, `${octal(checksum, 6)}\0 `);
  return header;
}

function kindOf(entry: TarEntry): Kind {
  if (entry.linkTo !== undefined) return 'symlink';
  return entry.content === undefined ? 'directory' : 'file';
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function writeField(header: Buffer, offset: number, length: number, text: string): void {
  if (Buffer.byteLength(text) > length) throw new RangeError(`tar field of ${length} bytes cannot hold '${text}'`);
  header.write(text, offset, 'latin1');
}
