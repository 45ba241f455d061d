import { expect, test as it } from 'vitest';
import { parseBeforeLogin } from './sessions.ts';

it('a daemon that answers before anybody is logged in', () => {
  expect(parseBeforeLogin('version 26.1.5+dfsg1\nsessions \n')).toEqual({ version: '26.1.5+dfsg1', sessions: [] });
});

it('a daemon that came with a login, and none at all', () => {
  expect(parseBeforeLogin('version 26.1.5+dfsg1\nsessions user background\n').sessions).toEqual(['user', 'background']);
  expect(parseBeforeLogin('sessions \n')).toEqual({ version: null, sessions: [] });
});
