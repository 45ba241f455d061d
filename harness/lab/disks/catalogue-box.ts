import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import type { Machine } from '../catalog/machines.ts';
import { vagrantHome } from '../setup/vagrant-provider.ts';

/** Fetches a machine's box of Vagrant's catalogue unless Vagrant has it: the hermetic lab reaches no network. Throws BOX. */
export async function ensureCatalogueBox({ name, box }: Machine, onStage: (text: string) => void): Promise<void> {
  const { name: published, version, url, sha256 } = box;
  if (published === undefined || version === undefined) return;
  if (existsSync(join(vagrantHome(), 'boxes', published.replaceAll('/', '-VAGRANTSLASH-')))) return;
  onStage(`${name}: downloading the box ${published} (once)`);
  // Vagrant checks the sum of a file that it is given, not of one that the catalogue names; such a file has no version
  const from =
    url !== undefined && sha256 !== undefined
      ? ['--name', published, url, '--checksum', sha256, '--checksum-type', 'sha256']
      : [url ?? published, '--box-version', version];
  const argv = ['vagrant', 'box', 'add', ...from, '--provider', 'libvirt', '--no-color', '--no-tty'];
  await runLogged(argv, {
    log: `box-${name}`,
    code: 'BOX',
    what: `vagrant box add ${published}`,
    timeoutMs: 3_600_000,
    // away from our Vagrantfile, which has nothing to do with it
    env: { VAGRANT_HOME: vagrantHome(), VAGRANT_CWD: cacheRoot(), VAGRANT_CHECKPOINT_DISABLE: '1' },
  });
}
