import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  chmod,
  docker,
  expect,
  fixtureImageTag,
  mustRun,
  sharedContainer,
} from '../../harness/checks/index.ts';
import { giveFixtureImage, startLabDaemon } from './lab-daemon.ts';

// A lab for a user without any privilege, followed as it is written: no sudo, no systemd, no session of its own. What
// it says beyond that is not so: vfs and a runtime directory below /tmp are what it takes there, not what is needed.

const check = checksIn(import.meta);

type Info = { Driver: string; SecurityOptions: string[]; CgroupDriver: string };

check('GUIDE-LAB-FOREGROUND', {
  level: 'SHOULD',
  title:
    "a new user without sudo and systemd runs the daemon in the foreground; its container root is that user to the host's root",
  source: docker('engine/security/rootless/tips', 'daemon: without systemd'),
  remedy: 'install uidmap and give the user subordinate IDs (see PRE-NEWIDMAP, PRE-SUBID); chmod 700 /root',
  async verify({ target, stage, defer }) {
    // the image that the lab's daemon is given
    await sharedContainer(target);
    const lab = await startLabDaemon(target);
    defer(() => lab.remove());
    expect(lab.complaint, 'the daemon of a new user').toBeNull();
    const info = JSON.parse(await mustRun(target.root, `${lab.docker} info --format '{{json .}}'`)) as Info;
    expect(info.Driver, 'storage driver of /info').toBe('vfs');
    expect(info.SecurityOptions, 'security options of /info').toContain('name=rootless');
    expect(info.CgroupDriver, 'cgroup driver of /info').toBe('none');
    await giveFixtureImage(target, lab);
    await stage('running');
    const nonce = randomUUID();
    const run = `${lab.docker} run --network none -v /:/host`;
    const output = await mustRun(
      target.root,
      `${run} -d -e RDC_NONCE=${nonce} --name lab ${fixtureImageTag} sleep 600 >/dev/null
p=$(grep -lz '^RDC_NONCE=${nonce}$' /proc/[0-9]*/environ 2>/dev/null | head -n 1)
echo "uid $(awk '/^Uid:/{print $2, $3, $4, $5}' \${p%environ}status)"
${lab.docker} exec lab sh -c 'id -u; probe open /host/home/${lab.user} r; probe open /host/root r'`,
    );
    const [owner, inside, ...opened] = output.trim().split('\n');
    const [home, root] = opened.map((line) => (JSON.parse(line) as { errno: string | null }).errno);
    expect(inside, 'UID of the process as the container sees it').toBe('0');
    expect(owner, "UIDs of the process in the host's process list").toBe(`uid ${`${lab.uid} `.repeat(4).trim()}`);
    expect(home, "opening the user's own home from inside").toBeNull();
    expect(root, 'opening /root from inside').toBe('EACCES');
  },
  fault: breaks(
    'opening /root from inside',
    '/root is open to everybody',
    chmod('755', () => '/root'),
    { at: 'running' },
  ),
});
