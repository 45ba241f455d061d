import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test as it } from 'vitest';
import type { ExecResult } from '../../target-host/transport/transport.ts';
import { Evidence, redact } from './evidence.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answer = (stdout: string, more: Partial<ExecResult> = {}): ExecResult => ({
  code: 0,
  stdout,
  stderr: '',
  truncated: false,
  durationMs: 12.4,
  ...more,
});

function written(fill: (evidence: Evidence) => void): string {
  const evidence = new Evidence();
  fill(evidence);
  return readFileSync(join(folder, evidence.write(folder, 'A-B') ?? ''), 'utf8');
}

it('commands with their answers, and notes, in order', () => {
  const text = written((evidence) => {
    evidence.command({ commandLine: 'id -u', result: answer('1001\n') });
    evidence.command({ commandLine: '# cat x', result: answer('', { code: 1, stderr: 'no such file\n' }) });
    evidence.note('done');
  });
  expect(text).toBe(
    '$ id -u\n1001\nexit code 0, 12 ms\n\n# cat x\nstderr: no such file\nexit code 1, 12 ms\n\ndone\n\n',
  );
});

it('nothing seen is no file', () => {
  expect(new Evidence().write(folder, 'NOTHING')).toBeUndefined();
  expect(existsSync(join(folder, 'evidence/NOTHING.txt'))).toBe(false);
});

it('one answer is cut, and so is the whole', () => {
  const text = written((evidence) => {
    evidence.command({ commandLine: 'yes', result: answer('y\n'.repeat(100_000)) });
  });
  expect(text.length).toBeLessThan(5000);
  expect(text).toContain('more characters]');
  const whole = written((evidence) => {
    for (let i = 0; i < 1000; i += 1) evidence.command({ commandLine: 'yes', result: answer('y'.repeat(4000)) });
  });
  expect(Buffer.byteLength(whole)).toBeLessThan(300 * 1024);
  expect(whole.match(/\[evidence cut here\]/g)).toHaveLength(1);
});

it('the limit is one of bytes, as they are on disk', () => {
  for (const character of ['y', 'é', '語', '\u0007']) {
    const whole = written((evidence) => {
      for (let i = 0; i < 1000; i += 1) evidence.note(character.repeat(4000));
    });
    const bytes = Buffer.byteLength(whole);
    expect(bytes, character).toBeLessThan(256 * 1024 + 40);
    expect(bytes, character).toBeGreaterThan(240 * 1024);
  }
});

it('control characters of a target do not reach a terminal', () => {
  const text = written((evidence) => {
    evidence.note('a\u001b[2Jb\u0007c\u009b31md\u0000e\rf\u007f\tg\nh é');
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  expect(text).toContain('\tg\nh é');
});

describe('secrets are struck out', () => {
  it.each([
    ['DOCKER_TOKEN=abc123', 'DOCKER_TOKEN=[removed]'],
    ['password: hunter2 next', 'password: [removed] next'],
    ['PASSWD=a', 'PASSWD=[removed]'],
    ['AWS_SECRET_ACCESS_KEY=abc/+=', 'AWS_SECRET_ACCESS_KEY=[removed]'],
    ['{"apikey": "abc"}', '{"apikey": [removed]}'],
    ['{"token":"abc","user":"x"}', '{"token":[removed],"user":"x"}'],
    ['api_key = xyz', 'api_key = [removed]'],
    ['secret="two words" next', 'secret=[removed] next'],
    ['Authorization: Bearer abc.def', 'Authorization: [removed]'],
  ])('%s', (text, safe) => {
    expect(redact(text)).toBe(safe);
  });

  it('a private key, whole or cut', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1\nAAAA\n-----END OPENSSH PRIVATE KEY-----';
    expect(redact(`before\n${key}\nafter`)).toBe('before\n[private key removed]\nafter');
    expect(redact(`before\n${key.slice(0, 60)}`)).not.toContain('b3Blbn');
  });

  it('what only sounds like one stays', () => {
    const text = 'tokens of the kernel; passwd file /etc/passwd; root:x:0:0; path /user.slice';
    expect(redact(text)).toBe(text);
  });
});
