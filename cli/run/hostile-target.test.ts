import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterEach, describe, expect, test as it } from 'vitest';
import { type HostileName, hostileAnswers } from '../../harness/test-doubles/hostile-answers.ts';
import { type HostileDaemonName, startHostileDaemon } from '../../harness/test-doubles/hostile-daemon.ts';
import { startSshServer } from '../../harness/test-doubles/ssh-server.ts';
import type { HostileJob } from './fixtures/judge-hostile.ts';

// Whole runs, as ./rdc run does them: real transport, facts, checks, vitest worker and reports. Only the host is not real.

const limitMs = 150_000;
const honestFacts = readFileSync(
  join(import.meta.dirname, '../../harness/target-host/facts/fixtures/debian-13-facts.txt'),
  'utf8',
);
const checks = ['PRE-NEWIDMAP', 'NS-DAEMON-EUID', 'NS-UIDMAP'];
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function answer(channel: ServerChannel, text: string): void {
  channel.write(text);
  channel.exit(0);
  channel.end();
  channel.resume();
}

type Hostility = {
  /** to every command; or only to those that come after the reading of the facts */
  readonly commands: HostileName;
  readonly afterFacts?: true;
  readonly daemon?: HostileDaemonName;
};

const diskWithRoom = ['1024-blocks', 'Inodes']
  .map((what) => `Filesystem ${what} Used Available Capacity Mounted on\n/dev/vda1 4062912 1190532 2645772 32% /\n`)
  .join('');

type Outcome = {
  readonly exitCode: number;
  readonly output: string;
  readonly mebibytes: number;
  readonly ms: number;
  readonly results: {
    conformance: string;
    incomplete?: string;
    checks: { id: string; verdict: string; reason?: string }[];
  };
};

async function judge({ commands, afterFacts, daemon: daemonName }: Hostility): Promise<Outcome> {
  await using daemon = await startHostileDaemon(daemonName ?? 'the end');
  await using server = await startSshServer(
    (line, channel) => {
      if (afterFacts && line.includes('@@rdc:end')) return answer(channel, honestFacts);
      // sudo works, no killed run left anything, the disk has room: what comes first lets the run go on
      if (afterFacts && (line === 'sudo -n -- sh -c true' || line.includes('rdc-changed'))) return answer(channel, '');
      if (afterFacts && line.includes('df -Pk')) return answer(channel, diskWithRoom);
      hostileAnswers[commands](channel);
    },
    {
      onForward({ accept }) {
        const channel = accept();
        const socket = createConnection(daemon.path);
        socket.on('error', () => channel.destroy());
        channel.on('error', () => socket.destroy());
        socket.pipe(channel).pipe(socket);
        return true;
      },
    },
  );
  const folder = mkdtempSync(join(tmpdir(), 'rdc-hostile-run-'));
  folders.push(folder);
  mkdirSync(join(folder, 'hostile'));
  const identityFile = join(folder, 'key');
  writeFileSync(identityFile, server.clientKey, { mode: 0o600 });
  // the defaults are a minute for a command and more, see docs/reference/limits.md
  const limits = { readyTimeoutMs: 5_000, commandTimeoutMs: 1_500, socketTimeoutMs: 1_000, floodBytes: 8 * 2 ** 20 };
  const user = {
    host: '127.0.0.1',
    port: server.port,
    user: 'tester',
    identityFile,
    hostKeys: [server.hostKey],
    limits,
  };
  const job = join(folder, 'job.json');
  writeFileSync(job, JSON.stringify({ folder, user, checks, checkTimeoutMs: 6_000 } satisfies HostileJob));
  const startedAt = performance.now();
  const script = join(import.meta.dirname, 'fixtures/judge-hostile.ts');
  const { exitCode, output } = await runNode([script, job]);
  const results = JSON.parse(readFileSync(join(folder, 'hostile/results.json'), 'utf8'));
  const mebibytes = Number(/most memory: (\d+) MiB/.exec(output)?.[1]);
  return { exitCode, output, mebibytes, ms: performance.now() - startedAt, results };
}

function runNode(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const env = { ...process.env, VITEST: undefined, NODE_ENV: undefined, NO_COLOR: '1' };
  return new Promise((resolve) => {
    const options = { env, timeout: limitMs, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr });
    });
  });
}

function expectHarmless({ output, mebibytes, ms }: Outcome): void {
  expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(output).not.toMatch(/MaxListeners|UnhandledPromise|\n {4}at /);
  expect(mebibytes, 'MiB').toBeLessThan(600);
  expect(ms).toBeLessThan(limitMs);
  expect(existsSync('/tmp/rdc-owned'), 'something of the answers was executed').toBe(false);
}

describe('a host that answers every command', () => {
  it.each<[HostileName, RegExp]>([
    ['silent', /\[TIMEOUT\] a command on .* did not end within 1500 ms/],
    ['endless', /\[LOST\] .* a command sent more than 8388608 bytes/],
    ['long line', /\[TRANSPORT\] the answer to a command is longer than 1048576 bytes/],
    ['markers of the facts, and poison between them', /\[FACTS\]/],
  ])(
    'with %s: nothing is judged, the reason is told once, exit code 3',
    async (commands, reason) => {
      const outcome = await judge({ commands });
      expect(outcome.exitCode, outcome.output).toBe(3);
      expect(outcome.results).toMatchObject({ conformance: 'inconclusive', incomplete: expect.stringMatching(reason) });
      expect(outcome.results.checks).toEqual([]);
      expectHarmless(outcome);
    },
    limitMs,
  );
});

describe('a host that turns hostile once its facts are read', () => {
  it.each<[HostileName, HostileDaemonName, RegExp]>([
    ['silent', 'poisoned claims', /\[TIMEOUT\]|timed out in 6000ms/],
    ['endless', 'the end', /\[LOST\]/],
    ['long line', 'an endless body', /longer than 1048576 bytes|\[DAEMON\]/],
    ['exit 4294967295', 'a change of protocol', /an invalid exit status|\[DAEMON\]/],
  ])(
    'commands with %s, the daemon with %s: error with the reason, exit code 3',
    async (commands, daemon, reason) => {
      const outcome = await judge({ commands, daemon, afterFacts: true });
      expect(outcome.exitCode, outcome.output).toBe(3);
      expect(outcome.results.conformance).toBe('inconclusive');
      expect(outcome.results.checks.length).toBeGreaterThan(0);
      for (const { id, verdict, reason: said } of outcome.results.checks) {
        expect(['error', 'blocked'], `${id}: ${said}`).toContain(verdict);
      }
      expect(outcome.results.checks.map((check) => check.reason).join('\n')).toMatch(reason);
      expectHarmless(outcome);
    },
    limitMs,
  );
});
