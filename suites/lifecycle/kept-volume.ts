import { randomUUID } from 'node:crypto';
import { dockerApi, mustRun, quoteWord, type Target } from '../../harness/checks/index.ts';
import { dataRoot } from '../instruments/daemon/data-root.ts';

export type KeptVolume = {
  readonly nonce: string;
  /** from the host's disk, without the daemon */
  read(): Promise<string>;
  remove(): Promise<unknown>;
};

export async function makeVolume(target: Target): Promise<KeptVolume> {
  const nonce = randomUUID();
  const name = `rdc-${nonce}`;
  const { status, text } = await dockerApi(target, 'POST', '/volumes/create', { body: { Name: name } });
  if (status !== 201) throw new Error(`creating a volume: the daemon answers ${status} ${text.slice(0, 300)}`);
  const file = `${await dataRoot(target)}/volumes/${name}/_data/nonce`;
  await mustRun(target.root, `echo ${nonce} > ${quoteWord(file)}; sync`);
  return {
    nonce,
    read: async () => (await target.root.exec(['cat', file])).stdout.trim(),
    remove: () => dockerApi(target, 'DELETE', `/volumes/${name}?force=1`),
  };
}
