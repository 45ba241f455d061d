import { dockerApi, known, quoteWord, type Target } from '../../harness/checks/index.ts';

export async function openApis(target: Target, pid: number): Promise<string> {
  // 127.0.0.11 is dockerd's name server inside of containers' networks
  const { stdout } = await target.root.shell(`
[ -r /proc/${pid}/net/tcp ] && [ -n "$(ls /proc/${pid}/fd)" ] || exit 1
echo looked
tr '\\0' '\\n' < /proc/${pid}/cmdline | grep -e '^--tlsverify' | tail -n 1 |
grep -qixE -e '--tlsverify(=(true|t|1))?' && exit 0
cat /proc/${pid}/task/*/net/tcp /proc/${pid}/task/*/net/tcp6 2>/dev/null |
awk '$4 == "0A" && $2 !~ /^0B00007F:/ {print $10, $2}' | sort -u |
while read -r inode at; do find /proc/${pid}/fd -lname "socket:\\[$inode\\]" -printf "$at\\n"; done`);
  const [, addresses] = known(/^looked\n(.*)$/s.exec(stdout), "the daemon's TCP sockets and open files");
  return addresses?.trim() ?? '';
}

/** `other /path`: asked as nobody and as each person's account, since an ACL may name one. */
export async function openSockets(target: Target, pid: number): Promise<string[]> {
  const { user, socket } = target.facts.host;
  const { stdout } = await target.root.shell(`
[ -r /proc/${pid}/net/unix ] && [ -n "$(ls /proc/${pid}/fd)" ] || exit 1
listening=$({
  find /proc/${pid}/fd -lname 'socket:*' -printf 'fd %l\\n'
  cat /proc/${pid}/task/*/net/unix
} 2>/dev/null |
awk '$1 == "fd" {own[$2] = 1} $4 == "00010000" && $8 ~ "^/" && own["socket:[" $7 "]"] {print $8}' | sort -u)
set -- ${quoteWord(socket)} $listening
for path; do
  shift
  [ -S "$path" ] && [ "$(stat -Lc %u "$path")" = ${user.uid} ] && set -- "$@" "$path"
done
others=$(getent passwd | awk -F: '$3 >= 1000 && $3 != ${user.uid} && $3 != 65534 && $1 != "nobody" {print $1}')
for account in nobody $(echo "$others" | head -n 20); do
  runuser -u "$account" -- sh -c 'echo "asked $0"; for path; do [ ! -w "$path" ] || echo "open $0 $path"; done' \\
    "$account" "$@"
done`);
  known(/^asked nobody$/m.exec(stdout), "who may connect to the daemon's sockets");
  return [...new Set([...stdout.matchAll(/^open (.+)$/gm)].map(([, who = '']) => who))];
}

export function dialable(listening: string): string[] {
  const columns = listening.split('\n').map((line) => line.trim().split(/\s+/)[3] ?? '');
  const addresses = columns.map((address) => address.replace(/%[^:\]]+/, '')).filter(Boolean);
  return [...new Set(addresses.map((address) => address.replace(/^(\*|0\.0\.0\.0|\[::\]):/, '127.0.0.1:')))];
}

const mostAsked = 40;

/** A relay connects to the daemon only while asked, so each address is; not sshd's, whose log would fill. */
export async function relayedApis(target: Target): Promise<string[]> {
  const { ID } = (await dockerApi(target, 'GET', '/info')).json<{ ID: string }>();
  const { stdout } = await target.root.shell(`l=$(ss -Hltnp) && echo looked && printf '%s\\n' "$l" | grep -v '"sshd"'`);
  const [, listening = ''] = known(/^looked\n(.*)$/s.exec(stdout), 'the TCP addresses on which somebody listens');
  const addresses = dialable(listening).slice(0, mostAsked);
  if (addresses.length === 0) return [];
  const docker = quoteWord(target.facts.host.paths.docker ?? 'docker');
  const ask = `echo "$0 says $(timeout 10 ${docker} -H "tcp://$0" info --format '{{.ID}}' 2>/dev/null)"`;
  const { stdout: answers } = await target.shell(
    `unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_TLS; export DOCKER_CONFIG=/nonexistent
printf '%s\\n' ${addresses.map(quoteWord).join(' ')} | xargs -P 4 -n 1 sh -c ${quoteWord(ask)}`,
    { timeoutMs: 150_000 },
  );
  return addresses.filter((address) => answers.includes(`${address} says ${ID}\n`));
}
