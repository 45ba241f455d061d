import { spawnSync } from 'node:child_process';
import { afterEach, expect, test as it, vi } from 'vitest';
import { commands } from './all-commands.ts';
import { completionOf } from './completion.ts';

const completionCommand = completionOf(commands);

afterEach(() => void vi.restoreAllMocks());

async function scriptOf(shell: string): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await completionCommand.run([shell])).toBe(0);
  const text = write.mock.calls.join('');
  vi.restoreAllMocks();
  return text;
}

/** What bash would offer for these words. */
function offered(script: string, ...words: string[]): string[] {
  const ask = `${script}\nCOMP_WORDS=(rdc ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _rdc; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', ask], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

it('bash offers commands, options of a command and values of an option', async () => {
  const script = await scriptOf('bash');
  expect(offered(script, '').sort()).toEqual([...commands.keys()].sort());
  expect(offered(script, 'se')).toEqual(['selftest']);
  expect(offered(script, 'run', '--ga')).toEqual(['--gate']);
  expect(offered(script, 'export', '--format', 'ta')).toEqual(['tap']);
  expect(offered(script, 'nonsense', '--')).toEqual([]);
});

it('zsh and fish have every command, and another shell is refused', async () => {
  for (const shell of ['zsh', 'fish']) {
    const script = await scriptOf(shell);
    for (const name of commands.keys()) expect(script, shell).toContain(name);
  }
  await expect(completionCommand.run(['csh'])).rejects.toThrow('unknown shell "csh"; allowed: bash, zsh, fish');
});
