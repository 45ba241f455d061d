import { expect, test as it } from 'vitest';
import { dialable } from './open-apis.ts';

it('what listens on every address is dialled by the loopback, once', () => {
  const listening = `LISTEN 0      4096         127.0.0.1:2375       0.0.0.0:*    users:(("systemd",pid=620,fd=40))
LISTEN 0      128            0.0.0.0:28082      0.0.0.0:*    users:(("rootlesskit",pid=700,fd=12))
LISTEN 0      128               [::]:28082         [::]:*    users:(("rootlesskit",pid=700,fd=13))
LISTEN 0      4096     127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=400,fd=14))
LISTEN 0      511                  *:80               *:*
LISTEN 0      511     [fe80::1]%eth0:80               *:*
LISTEN 0      511              [::1]:631           [::]:*
`;
  expect(dialable(listening)).toEqual([
    '127.0.0.1:2375',
    '127.0.0.1:28082',
    '127.0.0.53:53',
    '127.0.0.1:80',
    '[fe80::1]:80',
    '[::1]:631',
  ]);
  expect(dialable('')).toEqual([]);
});
