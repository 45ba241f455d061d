import { breaks, checksIn, expect, known, mustRun, quoteWord, rootlesskitIssue } from '../../harness/checks/index.ts';
import { overlaidForDaemon } from '../instruments/daemon/mount-overlay.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';

const check = checksIn(import.meta);

/** What the daemon and its programs read of /etc; resolv.conf and hosts are RootlessKit's own there. */
const read =
  'ssl pki ca-certificates crypto-policies nsswitch.conf host.conf gai.conf services protocols passwd group localtime cdi docker containerd';

/** `CHECKSUM SIZE PATH` of each file, behind its links, and `host ADDRESS NAME...` of each line of /etc/hosts. */
const contents = `cd /etc; find -L ${read} -type f -readable -size -4096k -print0 2>/dev/null | xargs -0 cksum
sed -n 's/#.*//; s/[[:space:]][[:space:]]*/ /g; s/ $//; /./s/^/host /p' hosts`;

check('NS-ETC', {
  level: 'MUST',
  title:
    'what the daemon reads in /etc (certificates, users, CDI, hosts) is what the host has now, behind relative links too',
  source: rootlesskitIssue(225, '--copy-up breaks relative links in folders; moby/moby#42080: certificates'),
  remedy:
    'systemctl --user restart docker: the copy has what /etc had at its start; a relative link that leads out of a folder of /etc has to be absolute',
  async verify({ target }) {
    const { pid } = await daemonProcess(target);
    const enter = `nsenter -U -m --preserve-credentials -t ${pid}`;
    const stdout = await mustRun(target, `${contents}\necho @daemon\n${enter} sh -c ${quoteWord(contents)}\necho @end`);
    const [, host = '', daemon = ''] = known(/^([\s\S]*)@daemon\n([\s\S]*)@end\n$/.exec(stdout), '/etc of both');
    const lines = host.trim().split('\n');
    expect(lines.length, 'files of /etc that were read').toBeGreaterThan(5);
    const seen = new Set(daemon.split('\n'));
    const other = lines.filter((line) => !seen.has(line)).map((line) => line.replace(/^\d+ \d+ /, '/etc/'));
    expect(other, 'what the daemon does not see as the host has it').toEqual([]);
  },
  fault: breaks(
    'what the daemon does not see as the host has it',
    'in the copy another file lies over nsswitch.conf',
    overlaidForDaemon(
      () => 'mount --bind /etc/passwd /etc/nsswitch.conf',
      () => 'umount /etc/nsswitch.conf',
    ),
  ),
});
