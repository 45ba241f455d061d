import {
  breaks,
  changeFile,
  checksIn,
  expect,
  mobyIssue,
  mustRun,
  quoteWord,
  refusalIn,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';

const check = checksIn(import.meta);
const device = 'rdc.test/device=one';
// not another name: see DEV-RENAME. By default no container has it
const node = '/dev/net/tun';
const specification = JSON.stringify({
  cdiVersion: '0.5.0',
  kind: 'rdc.test/device',
  containerEdits: {},
  devices: [{ name: 'one', containerEdits: { deviceNodes: [{ path: node }] } }],
});

check('DEV-CDI', {
  level: 'SHOULD',
  title: 'a CDI device that /etc/cdi describes reaches a container that asks for it',
  source: mobyIssue(47_676, 'rootless: unresolvable CDI devices, up to 26.1.5 and 27.3'),
  applies: ({ host }) => {
    if (!isEngineSince(host, '25.0')) return 'Docker knows CDI devices from 25.0 on';
    return canRestart({ host });
  },
  remedy:
    'update Docker to 27.4 or later; before: a copy of the specification in the home, "cdi-spec-dirs": ["/home/USER/.config/cdi"] and "features": {"cdi": true} in daemon.json; then restart the daemon',
  reproduce: `sudo mkdir -p /etc/cdi; mkdir -p ~/.config/docker
echo '{"cdiVersion": "0.5.0", "kind": "example.test/device", "devices": [{"name": "one",
"containerEdits": {"env": ["CDI=seen"]}}]}' | sudo tee /etc/cdi/example.json
echo '{"features": {"cdi": true}}' >~/.config/docker/daemon.json; systemctl --user restart docker
docker run --rm --device example.test/device=one busybox env   # expected: CDI=seen among the variables`,
  restartsDaemon: true,
  async verify({ target, host, stage, defer }) {
    defer(await changeFile(target.root, '/etc/cdi/rdc.json', `echo ${quoteWord(specification)}`));
    await stage('written');
    defer(await daemonJson({ features: { cdi: true } })({ target, host }));
    const DeviceRequests = [{ Driver: 'cdi', DeviceIDs: [device] }];
    const started = await startContainer(target, { host: { DeviceRequests } }).catch((error) =>
      refusalIn(error, target),
    );
    const refusal = typeof started === 'string' ? started : null;
    expect(refusal, `refusal of the device ${device}`).toBeNull();
    if (typeof started === 'string') return;
    await using container = started;
    const inside = `/proc/${await container.hostPid()}/root${node}`;
    expect((await mustRun(target.root, `stat -c '%F %t:%T' ${inside}`)).trim(), 'the device in the container').toBe(
      'character special file a:c8',
    );
    expect(await container.probe('open', node, 'rw'), 'opening it there').toMatchObject({ errno: null });
  },
  fault: breaks(
    'refusal of the device {rdc.test/device=one}',
    'only root may look into /etc/cdi',
    rootScript(
      () => 'chmod 700 /etc/cdi',
      () => 'chmod 755 /etc/cdi',
    ),
    { at: 'written' },
  ),
});
