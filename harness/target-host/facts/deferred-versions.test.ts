import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { readQuickFacts, UnknownVersion } from './deferred-versions.ts';
import { collectScript, parseHostFacts } from './host-facts.ts';

const recorded = readFileSync(join(import.meta.dirname, 'fixtures/debian-13-facts.txt'), 'utf8');

function host() {
  const asked: string[] = [];
  const shell = async (script: string) => {
    asked.push(script);
    const stdout = script.includes('@@rdc:')
      ? recorded.replace(/@@rdc:versions\n[^@]*/, '')
      : 'docker Docker version 26\n';
    return { code: 0, stdout, stderr: '', truncated: false, durationMs: 1 };
  };
  return { asked, target: { shell, exec: async () => await shell('') } };
}

it('are the facts, and a version only when it is asked for, once', async () => {
  const { asked, target } = host();
  const facts = await readQuickFacts(target);
  expect(asked[0]?.length).toBeLessThan(collectScript.length);
  expect(asked[0]).not.toContain('@@rdc:versions');
  expect({ ...facts, versions: {} }).toEqual({ ...parseHostFacts(recorded), versions: {} });
  const meet = () => {
    try {
      return facts.versions.docker;
    } catch (error) {
      return error;
    }
  };
  const [first, second] = [meet(), meet()];
  expect(first).toBeInstanceOf(UnknownVersion);
  await Promise.all([first, second].map((error) => (error as UnknownVersion).learn()));
  expect(facts.versions.docker).toBe('Docker version 26');
  expect(asked).toHaveLength(2);
  expect(JSON.stringify(facts.versions)).toBe('{"docker":"Docker version 26"}');
});

it('a program that says nothing has no version', async () => {
  const { target } = host();
  const facts = await readQuickFacts(target);
  await expect(async () => facts.versions.pasta).rejects.toThrow('was not read yet');
  try {
    expect(facts.versions.pasta).toBe('never reached');
  } catch (error) {
    await (error as UnknownVersion).learn();
  }
  expect(facts.versions.pasta).toBeNull();
});
