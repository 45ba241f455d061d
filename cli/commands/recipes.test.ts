import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test as it, vi } from 'vitest';
import { parse } from 'yaml';
import { ciMatrix } from '../../harness/lab/catalog/ci-matrix.ts';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { parseWords } from '../options/command-line.ts';
import { resolveTargets } from '../targets/target-names.ts';
import { command as exportCommand } from './export.ts';
import { command as listCommand } from './list.ts';
import { command as mergeCommand } from './merge.ts';
import { command as runCommand } from './run.ts';

const recipe = (path: string) => join(checkout, 'docs/recipes', path);
const read = (path: string) => readFileSync(recipe(path), 'utf8');
const recipes = {
  debian: 'debian/tests/rootless-conformance',
  tmt: 'tmt/tests/rootless-docker.sh',
  gitlab: 'gitlab/gitlab-ci.yml',
} as const;

afterEach(() => {
  vi.restoreAllMocks();
});

type GitlabJob = { script: string[]; before_script?: string[]; stage: string; extends?: string };

/** What the shell is given in a recipe. */
function shellOf(name: keyof typeof recipes): string {
  const text = read(recipes[name]);
  if (name === 'gitlab')
    return gitlabJobs()
      .flatMap(([, job]) => [...(job.before_script ?? []), ...job.script])
      .join('\n');
  return text.replace(/^\s*#.*$/gm, '');
}

function gitlabJobs(): [string, GitlabJob][] {
  const document = parse(read(recipes.gitlab)) as Record<string, GitlabJob>;
  return Object.entries(document).filter(([name]) => !['include', 'stages'].includes(name));
}

/** The words after `rdc` of every command line, without redirections; what a variable holds is made up. */
function commandLines(text: string): string[][] {
  const calls = [...text.matchAll(/(?:\.\/rdc|"\$rdc") +([a-z][^|>)\n]*)/g)];
  const values: Record<string, string> = { MACHINE: readMachines().default, out: '/no/such/run', area: 'ports' };
  return calls.map(([, words = '']) =>
    words
      .replaceAll('"', '')
      .replaceAll(/\$([A-Za-z_]+)/g, (_, name: string) => values[name] ?? `unknown-${name}`)
      .trim()
      .split(/\s+/),
  );
}

const understood: Readonly<Record<string, (words: string[]) => void | Promise<void>>> = {
  run: (words) => {
    const { args, options } = parseWords(runCommand.declared, words);
    const targets = resolveTargets(args[0] as string[]);
    expect(targets).toHaveLength(1);
    // nobody is there to be asked
    expect(options.yes === true).toBe(targets[0].kind !== 'machine');
  },
  list: async (words) => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await listCommand.run(words)).toBe(0);
    expect(String(write.mock.calls[0]?.[0])).toContain(readMachines().default);
  },
  export: async (words) => {
    const [, ...options] = words;
    await expect(exportCommand.run(['/no/such/run', ...options])).rejects.toThrow('[INPUT] /no/such/run: no such run');
  },
  merge: async (words) => {
    // what the shell makes of the pattern is not there
    await expect(mergeCommand.run(words)).rejects.toThrow('[INPUT] run-*: no such run');
  },
};

describe.each(Object.keys(recipes) as (keyof typeof recipes)[])('%s', (name) => {
  const lines = commandLines(shellOf(name));

  it('runs rdc, and exports or merges what it left', () => {
    const commands = lines.map(([command]) => command);
    expect(commands).toContain('run');
    expect(commands.filter((command) => command === 'export' || command === 'merge')).not.toEqual([]);
  });

  it.each(lines.map((words) => [words.join(' '), words] as const))(
    'rdc understands: rdc %s',
    async (_, [command = '', ...words]) => {
      expect(Object.keys(understood)).toContain(command);
      await understood[command]?.(words);
    },
  );
});

it('a command line that rdc does not understand is found', async () => {
  const [words = []] = commandLines('./rdc export "$out" --format subunit >x');
  expect(words).toEqual(['export', '/no/such/run', '--format', 'subunit']);
  await expect(understood.export?.(words.slice(1))).rejects.toThrow('[USAGE] --format is');
  expect(() => understood.run?.(['local', '--agree'])).toThrow('--agree');
});

describe('debian/tests/control', () => {
  const stanzas = read('debian/tests/control')
    .trim()
    .split(/\n{2,}/)
    .map((stanza) => Object.fromEntries([...stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map(fieldOf)));

  function fieldOf([, name = '', value = '']: RegExpMatchArray): [string, string] {
    return [name, value.trim()];
  }

  it('has the fields that autopkgtest knows, a test that is there and restrictions that exist', () => {
    for (const stanza of stanzas) {
      expect(Object.keys(stanza)).toEqual(['Test-Command', 'Features', 'Architecture', 'Depends', 'Restrictions']);
      const [file = '', area, ...others] = stanza['Test-Command']?.split(' ') ?? [];
      expect([existsSync(recipe(file)), stanza.Features, others]).toEqual([true, `test-name=${area}`, []]);
      const known = ['isolation-machine', 'needs-sudo', 'needs-internet', 'allow-stderr'];
      expect(stanza.Restrictions?.split(/[\s,]+/)).toEqual(known);
    }
  });

  it('has one test an area, in the order of the areas', () => {
    const areas = Object.keys(JSON.parse(readFileSync(join(checkout, 'suites/areas.json'), 'utf8')));
    expect(stanzas.map((stanza) => stanza['Test-Command']?.split(' ')[1])).toEqual(areas);
  });

  it('every dependency is a package, with a version in parentheses where it has one', () => {
    const names = stanzas[0]?.Depends?.split(/\s*[,|]\s*/) ?? [];
    expect(new Set(stanzas.map(({ Depends }) => Depends)).size).toBe(1);
    expect(names).toHaveLength(14);
    expect(names.filter((name) => !/^[a-z0-9][a-z0-9+.-]+( \([<>=]+ [0-9.]+\))?$/.test(name))).toEqual([]);
  });
});

it('the plan of tmt names a test that is there, with results of its own', () => {
  const plan = parse(read('tmt/plans/rootless-docker.fmf')) as { discover: { test: string }; execute: object };
  const test = parse(read(`tmt${plan.discover.test}.fmf`)) as { test: string; path: string; result: string };
  expect(test).toMatchObject({ result: 'custom', path: '/', test: 'sh tests/rootless-docker.sh' });
  expect(plan.execute).toEqual({ how: 'tmt' });
  expect(read('tmt/.fmf/version')).toBe('1\n');
});

it('the jobs of GitLab have a stage, and extend the job that rdc list writes', () => {
  const { stages } = parse(read(recipes.gitlab)) as { stages: string[] };
  const fragment = parse(ciMatrix('gitlab', ['debian-13'])) as object;
  expect(gitlabJobs().map(([, { stage }]) => stage)).toEqual(stages);
  expect(Object.keys(fragment)).toEqual(gitlabJobs().flatMap(([, job]) => job.extends ?? []));
});

/** The whole pipeline by gitlab-ci-local, which validates it by GitLab's schema; a stand-in for rdc notes its calls. */
function gitlabPipeline(runCode: number, change = (text: string) => text) {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-gitlab-'));
  const put = (path: string, text: string) => writeFileSync(join(folder, path), text, { mode: 0o755 });
  const { status: made } = spawnSync('git', ['init', '-q', folder]);
  expect(made).toBe(0);
  mkdirSync(join(folder, '.gitlab'));
  put('.gitlab-ci.yml', change(read(recipes.gitlab)));
  put('.gitlab/rdc-machines.yml', ciMatrix('gitlab', ['debian-12', 'debian-13']));
  put('apt-get', '#!/bin/sh');
  const log = `${folder}.calls`;
  const run = `mkdir -p "$4/x" && echo "<x/>" >"$4/x/junit.xml"; exit ${runCode}`;
  const answers = `case $1 in list) cat .gitlab/rdc-machines.yml ;; run) ${run} ;; merge) mkdir merged && touch merged/x ;; esac`;
  put('rdc', `#!/bin/sh\necho "$*" >>'${log}'\n${answers}\n`);
  spawnSync('git', ['-C', folder, 'add', '.']);
  const words = ['--force-shell-executor', '--shell-isolation', '--no-color'];
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder };
  const engine = join(checkout, 'node_modules/.bin/gitlab-ci-local');
  const { status, stdout, stderr } = spawnSync(engine, words, { cwd: folder, env, encoding: 'utf8' });
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').sort() : [];
  return { status, said: stdout + stderr, calls };
}

const gitlabCalls = [
  'list --machines --format gitlab',
  'merge run-debian-12 run-debian-13 --out merged',
  'run debian-12 --out run-debian-12',
  'run debian-13 --out run-debian-13',
];

it('gitlab-ci-local runs every job, and the runs of all reach the last one', () => {
  const { status, calls, said } = gitlabPipeline(0);
  expect([status, calls], said).toEqual([0, gitlabCalls]);
});

it('a red run makes the pipeline of gitlab-ci-local red, and what it left is merged', () => {
  const { status, calls, said } = gitlabPipeline(1);
  expect([status === 0, calls], said).toEqual([false, gitlabCalls]);
});

it('gitlab-ci-local finds a misspelt key', () => {
  const { status, calls, said } = gitlabPipeline(0, (text) => text.replace('before_script:', 'before_scripts:'));
  expect([status === 0, calls]).toEqual([false, []]);
  expect(said).toContain('before_scripts');
});

/** Programs of their own for a script: each notes how it was called; `rdc run` ends with the code given. */
function stubs(runCode: number) {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-recipe-'));
  const artifacts = join(folder, 'artifacts');
  const log = join(folder, 'log');
  mkdirSync(artifacts);
  const stub = (name: string, body = '') => {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>'${log}'\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  for (const name of ['sudo', 'systemctl', 'dockerd-rootless-setuptool.sh']) stub(name, 'exit 127');
  stub('sudo');
  const evidence = `mkdir -p '${artifacts}/rdc/local-x/evidence' && echo seen >'${artifacts}/rdc/local-x/evidence/A.txt'`;
  stub('rdc', `case $1 in run) ${evidence}; exit ${runCode} ;; export) echo exported ;; esac`);
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    RDC: folder,
    AUTOPKGTEST_ARTIFACTS: artifacts,
    AUTOPKGTEST_TMP: mkdtempSync(join(tmpdir(), 'rdc-recipe-tmp-')),
    TMT_TEST_DATA: artifacts,
  };
  const run = (script: string) => spawnSync('sh', [recipe(script), 'ports'], { cwd: folder, env, encoding: 'utf8' });
  return { folder, artifacts, run, calls: () => readFileSync(log, 'utf8').split('\n') };
}

describe.each([0, 1, 3])('when rdc run ends with %i', (code) => {
  it('the test of autopkgtest does too, and leaves the summary', () => {
    const { run, artifacts, calls } = stubs(code);
    expect(run(recipes.debian).status).toBe(code);
    expect(readFileSync(join(artifacts, 'summary.txt'), 'utf8')).toBe('exported\n');
    expect(calls()).toContain(`rdc run local --yes --out ${artifacts}/rdc --suite ports`);
  });

  it('the test of tmt does too, and leaves results and evidence', () => {
    const { run, artifacts } = stubs(code);
    expect(run(recipes.tmt).status).toBe(code);
    expect(readFileSync(join(artifacts, 'results.yaml'), 'utf8')).toBe('exported\n');
    expect(existsSync(join(artifacts, 'evidence/A.txt'))).toBe(true);
  });
});

it('a testbed without rdc is a failure, not a skip', () => {
  const { folder, artifacts } = stubs(0);
  const env = { PATH: process.env.PATH, RDC: join(folder, 'nowhere'), AUTOPKGTEST_ARTIFACTS: artifacts };
  const { status, stderr } = spawnSync('sh', [recipe(recipes.debian)], { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('--copy=CLONE:/opt/rdc')]);
});
