/** Pure: folders on a tmpfs whose entries are links to `.roNNN`, RootlessKit's mount of the real folder. */
export function parseCopiedUp(text: string): string[] {
  return [...text.matchAll(/^(\S+) tmpfs [1-9]\d* links$/gm)].map(([, folder = '']) => folder);
}
