import { quoteWord, withoutDockerByScript } from '../../../harness/checks/index.ts';
import { onSearchPath } from '../daemon/search-path.ts';

/** By unshare, newuidmap and newgidmap, without RootlessKit. */
export const mapWithoutDocker = withoutDockerByScript('a user namespace with its subordinate IDs', (host) => {
  const { user } = host;
  const [uids, gids] = [user.subuid[0], user.subgid[0]];
  if (!uids || !gids) return 'exit 1';
  return `${onSearchPath(host)}unshare -U sleep 20 & p=$!; i=0
while [ "$(readlink /proc/$p/ns/user)" = "$(readlink /proc/self/ns/user)" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done
newuidmap $p 0 ${user.uid} 1 1 ${uids.start} ${uids.count} && newgidmap $p 0 ${user.gid} 1 1 ${gids.start} ${gids.count}
c=$?; kill $p 2>/dev/null; exit $c`;
});

export const namespacesWithoutDocker = withoutDockerByScript(
  'user, network, mount, PID, IPC and UTS namespaces',
  'unshare -Urnmpfiu true',
);

export const overlayWithoutDocker = withoutDockerByScript(
  'an overlay mount in a user namespace',
  inHome('mkdir l u w m && unshare -Urm mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m'),
);

export const capableFileWithoutDocker = withoutDockerByScript(
  'a file capability in a user namespace',
  inHome('cp /bin/true f && unshare -Ur setcap cap_net_bind_service=ep f'),
);

export const domainNameWithoutDocker = withoutDockerByScript(
  'a domain name in a UTS namespace of its own',
  `unshare -Uru sh -c ${quoteWord('echo rdc.example > /proc/sys/kernel/domainname')}`,
);

function inHome(script: string): string {
  return `PATH=$PATH:/usr/sbin:/sbin; d=$(mktemp -d "$HOME/rdc.XXXXXX") && cd "$d" || exit 1
${script}
c=$?; [ ! -e w/work ] || chmod 700 w/work; cd /; rm -rf "$d"; exit $c`;
}
