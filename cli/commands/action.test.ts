import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parse } from 'yaml';
import { checkout } from '../../harness/this-machine/paths.ts';
import { parseWords } from '../options/command-line.ts';
import { command as runCommand } from './run.ts';

type Action = {
  inputs: Record<string, { description: string; default: string }>;
  runs: { using: string; steps: { shell: string; run: string; env: Record<string, string> }[] };
};
const action = parse(readFileSync(join(checkout, 'action.yml'), 'utf8')) as Action;

/** The step as GitHub runs it, with a stand-in for rdc that ends with this code. */
function step(code: number, inputs: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-action-'));
  const rdc = join(folder, 'rdc');
  writeFileSync(
    rdc,
    `#!/bin/sh\nprintf '%s\\n' "$*" >>calls\ncase $1 in run) mkdir rdc-run; exit ${code} ;; *) echo "$4" ;; esac\n`,
  );
  chmodSync(rdc, 0o755);
  const [{ run = '', env: asked = {} } = {}] = action.runs.steps;
  const filledIn = (text: string) =>
    text
      .replaceAll('${{ github.action_path }}', checkout)
      .replaceAll(
        /\$\{\{ inputs\.(\w+) \}\}/g,
        (_, name: string) => inputs[name] ?? action.inputs[name]?.default ?? 'unknown',
      );
  const env = Object.fromEntries(Object.entries(asked).map(([name, text]) => [name, filledIn(text)]));
  const summary = join(folder, 'summary');
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env, RDC: rdc, GITHUB_STEP_SUMMARY: summary } };
  const { status } = spawnSync('sh', ['-c', run], options);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { status, calls: read('calls').split('\n'), summary: read('summary'), sarif: read('rdc-run/rdc.sarif') };
}

it.each([0, 1, 3])('ends as rdc run does (%i), and leaves a summary and SARIF', (code) => {
  const { status, calls, summary, sarif } = step(code);
  expect([status, summary, sarif]).toEqual([code, 'markdown\n', 'sarif\n']);
  expect(calls[0]).toBe('run debian-13 --provider nspawn --gate MUST --out rdc-run');
});

it('every input reaches rdc, which understands them', () => {
  const inputs = {
    machines: 'debian-12 debian-13',
    provider: 'libvirt',
    gate: 'SHOULD',
    waivers: 'w.json',
    baseline: 'old',
  };
  const [words = ''] = step(0, inputs).calls;
  expect(words).toBe(
    'run debian-12 debian-13 --provider libvirt --gate SHOULD --out rdc-run --waivers w.json --baseline old --fail-on regression',
  );
  const { args, options } = parseWords(runCommand.declared, words.split(' ').slice(1));
  expect(args).toEqual([['debian-12', 'debian-13']]);
  expect(options).toMatchObject({ provider: 'libvirt', gate: 'SHOULD', failOn: 'regression' });
});

it('no input stands in a script, where it would be executed', () => {
  expect(action.runs.using).toBe('composite');
  expect(action.runs.steps.map(({ run }) => run).join()).not.toContain('${{');
});
