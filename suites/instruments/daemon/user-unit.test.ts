import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseHostFacts } from '../../../harness/target-host/facts/host-facts.ts';
import { hasSystemd, parseProperties, parseUnread } from './user-unit.ts';

const host = parseHostFacts(
  readFileSync(join(import.meta.dirname, '../../../harness/target-host/facts/fixtures/debian-13-facts.txt'), 'utf8'),
);

it('properties are taken line by line, with whatever is behind the first equals sign', () => {
  const text = 'Type=notify\nRequires=basic.target dbus.socket app.slice\nEnvironment=PATH=/usr/bin FOO=\nDelegate=\n';
  expect(parseProperties(text)).toEqual({
    Type: 'notify',
    Requires: 'basic.target dbus.socket app.slice',
    Environment: 'PATH=/usr/bin FOO=',
    Delegate: '',
  });
  expect(parseProperties('Failed to connect to bus: No medium found\n')).toEqual({});
});

it('no systemd, no user units', () => {
  expect(hasSystemd({ host })).toBe(true);
  expect(hasSystemd({ host: { ...host, init: 'runit' } })).toContain('PID 1 is runit');
});

it('drop-ins that nobody has read', () => {
  const text = 'DropInPaths=/etc/systemd/user/docker.service.d/a.conf\n';
  expect(parseUnread(text)).toEqual([]);
  const files = [
    '/etc/systemd/user/docker.service.d/a.conf',
    '/home/tester/.config/systemd/user/docker.service.d/b.conf',
  ];
  expect(parseUnread(`${text}file ${files.join('\nfile ')}\n`)).toEqual([files[1]]);
  expect(parseUnread('Failed to connect to bus: No medium found\n')).toBeNull();
  expect(parseUnread('DropInPaths=\nfile /run/systemd/user/service.d/c.conf\n')).toHaveLength(1);
});
