import { expect, test as it } from 'vitest';
import { quoteArgv } from '../target-host/transport/quote.ts';
import { entryHead, entryText, evidenceEntries, typedCommand } from './evidence-entries.ts';
import { stepMessages } from './evidence-steps.ts';

const text = `container of rdc/fixture:1 with {"host":{"NanoCpus":500000000}}

# sh -c 'for p in /proc/[0-9]*; do
echo '\\''a b'\\''
done'
$ not a command
exit code 7, 1 ms in the output
stderr: denied
exit code 0, 87 ms

$ cat /etc/subuid
tester:100000:4096
exit code 1, 5 ms

in the container: sh -c probe burn

exit code 0

api: GET /info
{"ID":"x"}
status 200, 12 ms

{"seen":1}

as seen
`;

it('evidence is read entry by entry, and commands are as a person types them', () => {
  const entries = evidenceEntries(text);
  expect(entries).toEqual([
    { by: 'note', text: 'container of rdc/fixture:1 with {"host":{"NanoCpus":500000000}}' },
    {
      by: 'root',
      text: "for p in /proc/[0-9]*; do\necho 'a b'\ndone",
      output: '$ not a command\nexit code 7, 1 ms in the output\nstderr: denied',
      end: 'exit code 0, 87 ms',
      durationMs: 87,
    },
    { by: 'user', text: 'cat /etc/subuid', output: 'tester:100000:4096', end: 'exit code 1, 5 ms', durationMs: 5 },
    { by: 'container', text: 'sh -c probe burn', end: 'exit code 0' },
    { by: 'api', text: 'GET /info', output: '{"ID":"x"}', end: 'status 200, 12 ms', durationMs: 12 },
    { by: 'note', text: '{"seen":1}\n\nas seen' },
  ]);
  expect(entries.map((entry) => entryHead(entry, 60))).toEqual([
    'container of rdc/fixture:1 with {"host":{"NanoCpus":500000 …',
    "# for p in /proc/[0-9]*; do echo 'a b' done",
    '$ cat /etc/subuid',
    'container$ sh -c probe burn',
    'GET /info',
    '{"seen":1} as seen',
  ]);
  expect(entryText(entries[2] ?? expect.fail('none'))).toBe('$ cat /etc/subuid\ntester:100000:4096\nexit code 1, 5 ms');
});

it.each(['a \'b\' "c" $d\n', 'true', "'", "\\'x'\\''"])('the quoting of a script is taken off: %j', (script) => {
  expect(typedCommand(quoteArgv(['sh', '-c', script]))).toBe(script.trimEnd());
  expect(typedCommand(quoteArgv(['stat', 'a b']))).toBe("stat 'a b'");
});

it('a short answer is a parameter of the step, a long one its attachment', () => {
  const [, script, cat] = evidenceEntries(text).map((entry) => stepMessages(entry, 1_000));
  expect(cat).toEqual([
    { type: 'step_start', data: { name: '$ cat /etc/subuid', start: 995 } },
    {
      type: 'step_metadata',
      data: {
        parameters: [
          { name: 'exit code', value: '1' },
          { name: 'output', value: 'tester:100000:4096' },
        ],
      },
    },
    { type: 'step_stop', data: { status: 'passed', stop: 1_000 } },
  ]);
  expect(script?.map(({ type }) => type)).toEqual(['step_start', 'step_metadata', 'attachment_content', 'step_stop']);
});
