import { hasCode, RdcError } from '../messages/errors.ts';
import { plainLine } from '../messages/plain-text.ts';
import type { Executor } from '../target-host/transport/executor.ts';
import { quoteWord } from '../target-host/transport/quote.ts';

// The original of a file that a check changes is kept in a folder NAME.rdc beside it, until it is restored. The folder gets
// its name by one rename, when it is complete and before anything is changed: a run that is killed at any moment leaves
// either no folder or the whole original. The next run on the host finds it by a list, and restores it.

/** Exit code: the file has changed since, and only its owner can say which version is wanted. */
const undecided = 75;

const functions = `
list=$HOME/.rdc-changed; [ "$(id -u)" != 0 ] || list=/var/lib/rdc-changed
digest() { head -c "$2" "$1" | cksum; }
# nobody has changed what the run wrote: it is gone, whole, or cut off where the run was killed
is_ours() {
  [ -e "$f" ] || return 0
  [ "$(stat -c %i "$k/moved" 2>/dev/null)" != "$(stat -c %i "$f")" ] || return 0
  [ -f "$f" ] || return 1
  n=$(wc -c < "$f")
  [ ! -f "$k/written" ] || [ "$(digest "$k/written" $n)" != "$(digest "$f" $n)" ] || return 0
  [ -f "$k/original" ] && [ "$(cksum < "$k/original")" = "$(cksum < "$f")" ]
}
put_back() {
  if [ -e "$k/moved" ] || [ -L "$k/moved" ]; then rm -f "$f"; mv "$k/moved" "$f"
  elif [ -e "$k/none" ]; then rm -f "$f"
  elif [ -e "$k/original" ] && [ -e "$f" ]; then cat "$k/original" > "$f"
  elif [ -e "$k/original" ]; then cp -a "$k/original" "$f"
  fi
  made=; [ ! -e "$k/folder" ] || made=$(dirname "$f")
  rm -r "$k"
  [ -z "$made" ] || rmdir "$made" 2>/dev/null || :
  unlist
}
unlist() {
  grep -vxF "$(printf '%s\\t%s' "$k" "$f")" "$list" > "$list-new" || :
  if [ -s "$list-new" ]; then mv "$list-new" "$list"; else rm -f "$list" "$list-new"; fi
}
begin() {
  if [ -e "$k" ]; then
    { [ -d "$k" ] && is_ours; } || exit ${undecided}
    [ ! -e "$k/folder" ] || { rm "$k/folder"; folder=made; }
    put_back
  fi
  rm -rf "$k-new" "$k-inner"; trap 'rm -rf "$k-new"' EXIT; mkdir -m "$1" "$k-new"
  printf '%s\\t%s\\n' "$k" "$f" >> "$list"
}
`;

/** The name may be a link, which stays: the file that it leads to is written. */
const throughLinks = (path: string, kept: string) => `p=${quoteWord(path)}; d=$(dirname "$p"); folder=
[ -d "$d" ] || { mkdir -p "$d"; folder=made; }
f=$(readlink -f "$p"); k=$f${kept}
# a setting of the kernel: a boot forgets both
case $f in /proc/*) k=/run/rdc$k; mkdir -p "$(dirname "$k")" ;; esac`;

const byName = (path: string) => `f=${quoteWord(path)}; k=$f.rdc`;

type Change = { readonly path: string; readonly what: string };

/** `what` is a comment at the script's head: in a report it stands for the script. */
async function run(as: Executor, { path, what }: Change, script: string): Promise<string> {
  const title = `# ${plainLine(what, 300)}`;
  const { code, stdout } = await as.shell(`${title}\nset -e\n${functions}\n${script}`, { timeoutMs: 120_000 });
  if (code === 0) return stdout;
  if (code === undecided) throw undecidedAbout(path);
  throw new RdcError('COMMAND', `cannot change or restore ${path}: exit code ${code}`, {
    hint: `the output is in the check's evidence; a kept original is in ${path}.rdc`,
  });
}

function undecidedAbout(path: string): RdcError {
  return new RdcError('COMMAND', `an interrupted run left ${path}.rdc, and ${path} has changed since`, {
    hint: `f=$(readlink -f ${quoteWord(path)}); [ -e "$f.rdc" ] || f=${quoteWord(path)}; ls -lA "$f.rdc"
to restore the original, as its owner: cd "$f.rdc" && { [ ! -f original ] || cat original > "$f"; [ ! -e moved ] || mv -f moved "$f"; }
then, or to keep the file as it is: rm -r "$f.rdc"`,
  });
}

/** Files that this run has changed and not put back: a change on top of one keeps what the first one wrote. */
const atWork = new Set<string>();

/** For tests: forgets what this run has changed, as another run would. */
export const forgetChanges = () => atWork.clear();

/**
 * Gives a file another content, by a filter or a function, or makes it: `changeFile(root, '/etc/subuid', 'sed 1d')`. It is
 * written in place: owner, mode, links and mounts stay. Resolves to the undo.
 */
export async function changeFile(
  as: Executor,
  path: string,
  content: string | ((content: string) => string),
): Promise<() => Promise<void>> {
  const isInner = atWork.has(path);
  const find = throughLinks(path, isInner ? '.rdc-inner' : '.rdc');
  const filter = typeof content === 'string' ? content : await computed(as, path, { find, content });
  await run(as, { path, what: `${path} is changed to what this prints: ${filter}` }, `${find}\n${write(filter)}`);
  atWork.add(path);
  return async () => {
    await run(as, putBack(path), `${find}\n[ -d "$k" ]\nput_back`);
    if (!isInner) atWork.delete(path);
  };
}

const putBack = (path: string): Change => ({ path, what: `${path} is put back as it was` });

type Computed = { readonly find: string; readonly content: (content: string) => string };

async function computed(as: Executor, path: string, { find, content }: Computed): Promise<string> {
  const text = await run(as, { path, what: `${path} is read, to change it` }, read(find));
  return `printf %s ${quoteWord(content(text))}`;
}

/** Restores first what an interrupted run left. */
const read = (find: string) => `${find}
begin 700
rm -r "$k-new"
[ ! -e "$f" ] || cat "$f"
[ -z "$folder" ] || rmdir "$d"`;

const write = (filter: string) => `begin 700
if [ -e "$f" ]; then cp -a "$f" "$k-new/original"; from=$f; else : > "$k-new/none"; from=/dev/null; fi
[ -z "$folder" ] || : > "$k-new/folder"
{ ${filter}
} < "$from" > "$k-new/written"
sync "$k-new"/*
mv "$k-new" "$k"
cat "$k/written" > "$f" || { put_back; exit 1; }`;

/**
 * Takes a program or socket out of its place, by root: nothing, or a script that may call the original, stands there.
 * `setAside(root, '/usr/bin/runc', (runc) => ...)`. Resolves to the undo, which restores the very file.
 */
export async function setAside(
  as: Executor,
  path: string,
  script?: (original: string) => string,
): Promise<() => Promise<void>> {
  const [write, replace] =
    script === undefined
      ? ['', 'rm "$f"']
      : [
          `printf '%s\\n' ${quoteWord(script(quoteWord(`${path}.rdc/moved`)))} > "$k-new/written"; chmod 755 "$k-new/written"`,
          'cp -a "$k/written" "$k/put"; mv -f "$k/put" "$f"',
        ];
  const what = `${path} is put aside${script === undefined ? '' : ', and a script stands in its place'}`;
  await run(
    as,
    { path, what },
    `${byName(path)}\nbegin 755\nln "$f" "$k-new/moved"\n${write}\nmv "$k-new" "$k"\n${replace}`,
  );
  return async () => void (await run(as, putBack(path), `${byName(path)}\n[ -d "$k" ]\nput_back`));
}

/**
 * Before a host is judged: restores what interrupted runs left, as the user and as root. Throws COMMAND if there was
 * anything, since the daemon may have started with it, or if a file has changed since.
 */
export async function putBackLeftovers(user: Executor & { readonly root: Executor }): Promise<void> {
  const found = [...(await leftovers(user)), ...(await leftovers(user.root))];
  const undecided = found.find(({ isBack }) => !isBack);
  if (undecided) throw undecidedAbout(undecided.path);
  if (found.length === 0) return;
  const paths = found.map(({ path }) => path).join(', ');
  throw new RdcError('COMMAND', `restored what an interrupted run had changed: ${paths}`, {
    hint: 'restart the daemon, which may have started with the changed files: systemctl --user restart docker; then run again',
  });
}

// the last change first: it may lie on top of another
const settle = `[ -f "$list" ] || exit 0
tac "$list" > "$list-old"
while IFS=$(printf '\\t') read -r k f; do
  [ -d "$k" ] || { unlist; continue; }
  if is_ours; then put_back; word=back; else word=changed; fi
  printf '%s\\t%s\\n' $word "$f"
done < "$list-old"
rm "$list-old"`;

async function leftovers(as: Executor): Promise<{ path: string; isBack: boolean }[]> {
  try {
    const what = 'what a killed run left';
    const lines = (await run(as, { path: what, what: `${what} is looked for` }, settle)).matchAll(
      /^(back|changed)\t(.+)$/gm,
    );
    return [...lines].map(([, word, path = '']) => ({ path, isBack: word === 'back' }));
  } catch (error) {
    // without root, no run could have left anything there
    if (hasCode(error, 'ROOT')) return [];
    throw error;
  }
}
