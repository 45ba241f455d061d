import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseIdHelper } from './id-helpers.ts';

const path = '/usr/bin/newuidmap';

it.each(['debian-13', 'debian-11'])('%s ships newuidmap with its set-user-ID bit', (name) => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', `${name}-newuidmap.txt`), 'utf8');
  expect(parseIdHelper(text)).toEqual({ path, privilege: 'setuid root' });
});

it.each([
  ['no helper', '', { path: null, privilege: 'none' }],
  ['the bit is gone', `${path}\n755 0\n`, { path, privilege: 'none' }],
  ['set-group-ID is another bit', `${path}\n2755 0\n`, { path, privilege: 'none' }],
  ['the bit of somebody else', `${path}\n4755 1001\n`, { path, privilege: 'none' }],
  [
    'getcap of libcap 2.43 and before',
    `${path}\n755 0\n${path} = cap_setuid+ep\n`,
    { path, privilege: 'file capability' },
  ],
  ['getcap from libcap 2.44 on', `${path}\n755 0\n${path} cap_setuid=ep\n`, { path, privilege: 'file capability' }],
  ['inheritable too', `${path}\n755 0\n${path} cap_setuid=eip\n`, { path, privilege: 'file capability' }],
  ['only inheritable', `${path}\n755 0\n${path} cap_setuid=i\n`, { path, privilege: 'none' }],
  ['another capability', `${path}\n755 0\n${path} cap_net_raw=ep\n`, { path, privilege: 'none' }],
  ['stat failed', `${path}\n`, { path, privilege: 'none' }],
])('%s', (_, text, helper) => {
  expect(parseIdHelper(text)).toEqual(helper);
});
