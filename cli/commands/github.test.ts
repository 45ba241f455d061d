import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { parseAction } from '@actions/workflow-parser/actions/action-parser';
import { describe, expect, test as it } from 'vitest';
import { parse } from 'yaml';
import { checkout } from '../../harness/this-machine/paths.ts';
import { parseWords } from '../options/command-line.ts';
import { commands } from './all-commands.ts';
import { command as runCommand } from './run.ts';

type Step = { run?: string; uses?: string; with?: Record<string, string>; env?: Record<string, string> };
type Workflow = { jobs: Record<string, { steps: Step[]; container?: unknown }> };
type Action = { inputs: Record<string, { default: string }>; runs: { using: string; steps: Step[] } };
const workflowFolder = join(checkout, '.github/workflows');
const read = (path: string) => readFileSync(join(checkout, path), 'utf8');
const action = parse(read('action.yml')) as Action;
const noTrace = new NoOperationTraceWriter();

/** What GitHub's own parser says against a workflow: keys, jobs that are needed, names in expressions. */
async function problemsOf(content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: 'x.yml', content }, noTrace);
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** A folder with a stand-in for rdc, which ends `rdc run` with this code, and for apt-get; what they were called with. */
function workspace(code: number) {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-github-'));
  const stub = (name: string, body: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "$*" >>'${folder}/'$(basename "$0")-calls\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  stub('rdc', `case $1 in run) mkdir -p rdc-run "run-$2"; exit ${code} ;; *) echo "$4" ;; esac`);
  stub('apt-get', '');
  symlinkSync(join(checkout, 'docs'), join(folder, 'docs'));
  const env = {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    GITHUB_ACTION_PATH: folder,
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  return {
    run: (script: string, more: Record<string, string> = {}) =>
      spawnSync('sh', ['-e', '-c', script], { cwd: folder, env: { ...env, ...more } }).status,
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    calls: () => readFileSync(join(folder, 'rdc-calls'), 'utf8').trim().split('\n'),
  };
}

/** The step of the action as GitHub runs it. */
function actionStep(code: number, inputs: Record<string, string> = {}) {
  const { run, read: readThere, calls } = workspace(code);
  const [{ run: script = '', env: asked = {} } = {}] = action.runs.steps;
  const filledIn = (text: string) =>
    text.replaceAll(
      /\$\{\{ inputs\.(\w+) \}\}/g,
      (_, name: string) => inputs[name] ?? action.inputs[name]?.default ?? 'unknown',
    );
  const env = Object.fromEntries(Object.entries(asked).map(([name, text]) => [name, filledIn(text)]));
  const status = run(script, env);
  return { status, calls: calls(), summary: readThere('summary'), sarif: readThere('rdc-run/rdc.sarif') };
}

async function isUnderstood(line: string): Promise<void> {
  const [name = '', ...words] = line.split(' ');
  const found = await commands.get(name)?.load();
  expect(found && parseWords(found.command.declared, words), line).toBeDefined();
}

it.each([0, 1, 3])('ends as rdc run does (%i), and leaves a summary and SARIF', (code) => {
  const { status, calls, summary, sarif } = actionStep(code);
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
  const [words = ''] = actionStep(0, inputs).calls;
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

it("GitHub's parser takes the action, and finds a misspelt key", () => {
  const problems = (content: string) => parseAction({ name: 'action.yml', content }, noTrace).context.errors.count;
  expect(problems(read('action.yml'))).toBe(0);
  expect(problems(read('action.yml').replace('shell: sh', 'shel: sh'))).toBeGreaterThan(0);
});

describe.each(readdirSync(workflowFolder))('%s', (file) => {
  const content = readFileSync(join(workflowFolder, file), 'utf8');
  const jobs = Object.entries((parse(content) as Workflow).jobs);

  it("is a workflow to GitHub's parser", async () => {
    expect(await problemsOf(content)).toEqual([]);
  });

  it('has no expression in a script, where it would be executed, and gives the action inputs that it has', () => {
    const steps = jobs.flatMap(([, job]) => job.steps);
    expect(steps.map(({ run }) => run ?? '').join()).not.toContain('${{');
    const own = steps.filter(({ uses }) => uses === './').flatMap((step) => Object.keys(step.with ?? {}));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(own));
  });

  it.each(jobs)('the scripts of %s run, and rdc understands what they ask', async (_, { steps }) => {
    const { run, calls } = workspace(0);
    const scripts = steps.flatMap((step) => step.run ?? []);
    for (const script of scripts) expect(run(script, { MACHINE: 'debian-13' }), script).toBe(0);
    const asked = scripts.some((script) => script.includes('./rdc')) ? calls() : [];
    for (const line of asked) await isUnderstood(line);
  });
});

it.each([
  ['a misspelt key', 'timeout-minutes', 'timeout-minute'],
  ['a job that is needed and not there', 'needs: machines', 'needs: machine'],
  ['a name in an expression', 'fromJSON(needs.', 'fromJSON(neds.'],
])('%s is found', async (_, right, wrong) => {
  const content = read('.github/workflows/machines.yml');
  expect(content).toContain(right);
  expect(await problemsOf(content.replace(right, wrong))).not.toEqual([]);
});

it('the job of a machine is red when rdc run is, has its summary, and the list is the output that the matrix reads', () => {
  const { jobs } = parse(read('.github/workflows/machines.yml')) as Workflow;
  const scripts = (job: string) => jobs[job]?.steps.flatMap((step) => step.run ?? []) ?? [];
  const { run, read: readThere } = workspace(1);
  const statuses = scripts('conformance').map((script) => run(script, { MACHINE: 'debian-13' }));
  expect([statuses, readThere('summary')]).toEqual([[0, 1, 0], 'markdown\n']);
  for (const script of scripts('machines')) run(script);
  expect(readThere('output')).toBe('matrix=github\n');
});
