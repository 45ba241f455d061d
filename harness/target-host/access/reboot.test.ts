import { expect, test as it } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import type { RenewableTransport } from '../transport/reconnecting.ts';
import { rebootMachine } from './reboot.ts';

const limits = { withinMs: 200, everyMs: 1 };
const answer = (stdout: string) => ({ code: 0, stdout, stderr: '', truncated: false, durationMs: 1 });
const away = () => new RdcError('TRANSPORT', 'cannot log in');

/** A machine that answers each login with the next of these: the boot it is in, or why there is no login. */
function machine(...logins: readonly (string | Error)[]): RenewableTransport & { readonly asked: string[] } {
  const asked: string[] = [];
  let boot = 'first';
  return {
    asked,
    async run(line) {
      asked.push(line);
      if (line.includes('reboot')) throw new RdcError('LOST', 'the connection was lost while a command ran');
      return answer(`${boot}\n`);
    },
    connectSocket: () => Promise.reject(away()),
    close: async () => {},
    async renew() {
      const login = logins[Math.min(asked.filter((line) => line === 'login').length, logins.length - 1)];
      asked.push('login');
      if (login instanceof Error) throw login;
      boot = login ?? boot;
    },
  };
}

it('waits past the refusals and the rest of the old boot for another boot', async () => {
  const root = machine('first', away(), away(), 'second');
  await rebootMachine(root, limits);
  expect(root.asked.filter((line) => line === 'login')).toHaveLength(4);
  expect(root.asked.filter((line) => line.includes('reboot'))).toHaveLength(1);
});

it.each([
  ['does not go down', 'first'],
  ['does not come back', away()],
  ['cannot read the boot ID', ''],
])('a machine that %s is lost', async (_, login) => {
  await expect(rebootMachine(machine(login), limits)).rejects.toMatchObject({ code: 'LOST' });
});

it('a machine that comes back with another host key is no rebooted one', async () => {
  const foreign = new RdcError('HOST_KEY', 'a host key that is not the pinned one');
  await expect(rebootMachine(machine(foreign), limits)).rejects.toBe(foreign);
});
