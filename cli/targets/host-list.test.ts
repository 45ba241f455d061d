import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { readHostList } from './host-list.ts';

function read(text: string, name = 'hosts'): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'rdc-hosts-')), name);
  writeFileSync(file, text);
  return readHostList(file);
}

it('one target a line, each once, without comments', () => {
  expect(read('# the lab\nssh://me@a.example:2222\nme@b.example   # second\n\nc.example\nc.example\nlocal\n')).toEqual([
    'ssh://me@a.example:2222',
    'ssh://me@b.example',
    'ssh://c.example',
    'local',
  ]);
});

it('an inventory of Ansible in YAML: groups in groups, variables, ranges', () => {
  const text = `
all:
  vars: {ansible_user: ops}
  hosts:
    lone.example:
  children:
    web:
      vars: {ansible_port: 2222}
      hosts:
        web[01:03].example: {ansible_user: www}
    db:
      hosts:
        db: {ansible_host: 192.0.2.7}
        six: {ansible_host: '2001:db8::1'}
        here: {ansible_connection: local}
    both:
      hosts: {web01.example: }
`;
  expect(read(text, 'inventory.yml').sort()).toEqual([
    'local',
    'ssh://ops@192.0.2.7',
    'ssh://ops@[2001:db8::1]',
    'ssh://ops@lone.example',
    'ssh://ops@web01.example:2222',
    'ssh://www@web02.example:2222',
    'ssh://www@web03.example:2222',
  ]);
});

it('an inventory of Ansible in INI', () => {
  const text = `
lone.example
; a comment
[web]
web[1:2].example ansible_port=2222
[web:vars]
ansible_user=www
[db]
db ansible_host=192.0.2.7 ansible_user="ops"
[prod:children]
web
db
[prod:vars]
ansible_port=22
[all:vars]
ansible_user=everybody
`;
  expect(read(text).sort()).toEqual([
    'ssh://everybody@lone.example',
    'ssh://ops@192.0.2.7:22',
    'ssh://www@web1.example:2222',
    'ssh://www@web2.example:2222',
  ]);
});

it('every problem at once, with what is allowed', () => {
  expect(() => read('good.example\nme@bad host\n-oProxyCommand=x\n')).toThrow(
    /not a list of hosts:\n {2}.*bad host.*\n {2}.*ProxyCommand/,
  );
  expect(() => read('# nobody\n')).toThrow('no host in it');
  expect(() => read('a: [b', 'hosts.yaml')).toThrow('not YAML');
  expect(() => readHostList('/no/such/file')).toThrow('/no/such/file');
});
