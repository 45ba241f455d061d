import { type ExecResult, type HostFacts, quoteWord, type Target } from '../../../harness/checks/index.ts';
import { onSearchPath } from './search-path.ts';

/** A script of the user with files in a folder of its own, where the client leads to the daemon under test. */
export async function withClient(
  { target, host }: { readonly target: Target; readonly host: HostFacts },
  files: Readonly<Record<string, string>>,
  script: string,
): Promise<ExecResult> {
  const written = Object.entries(files).map(([name, text]) => `printf %s ${quoteWord(text)} > ${quoteWord(name)}`);
  return await target.shell(
    `${onSearchPath(host)}unset DOCKER_CONTEXT; export DOCKER_HOST=${quoteWord(`unix://${host.socket}`)}
d=$(mktemp -d) && cd "$d" || exit
${written.join('\n')}
( ${script}
) 2>&1 < /dev/null; code=$?
cd /; rm -rf "$d"; exit $code`,
    { timeoutMs: 180_000 },
  );
}

/** How a client ended that the daemon refused something: its last words, or null where it did not. */
export function refusalBy({ code, stdout }: ExecResult): string | null {
  return code === 0 ? null : stdout.trim().split('\n').slice(-3).join(' ');
}
