import {
  configuredWith,
  daemonJson,
  daemonJsonAside,
  daemonJsonBack,
  dockerd,
  restartedWith,
  type UndeclaredFault,
} from './undeclared-fault.ts';

/** A program is replaced by its like, as an update does, while it runs. */
const updated = (find: string) => ({
  apply: `f=${find}; ln "$f" "$f.kept"; cp -a "$f" "$f.new"; mv "$f.new" "$f"`,
  undo: `f=${find}; f=\${f%.kept}; mv "$f.kept" "$f"`,
});

const journald = (lines: string) => ({
  apply: `mkdir -p /etc/systemd/journald.conf.d; printf '[Journal]\\n${lines}\\n' > /etc/systemd/journald.conf.d/zz-rdc.conf; systemctl restart systemd-journald`,
  undo: 'rm /etc/systemd/journald.conf.d/zz-rdc.conf; systemctl restart systemd-journald',
});

const runc = '$(readlink -f $(command -v runc))';
const script = '/usr/share/docker.io/contrib/dockerd-rootless.sh';
const inNetwork = `nsenter -t ${dockerd} -U -n -m --`;

/** Of what users do every day: logs, builds, health checks, updates of packages and settings. */
export const dailyFaults: readonly UndeclaredFault[] = [
  { name: 'containers log nowhere by default', red: ['SVC-LOGS'], ...configuredWith('{"log-driver": "none"}') },
  {
    name: 'the log of a container is kept to its last kilobyte',
    red: ['SVC-LOGS'],
    ...configuredWith('{"log-driver": "json-file", "log-opts": {"max-size": "1k"}}'),
  },
  {
    name: 'journald takes twenty lines in half a minute',
    red: ['SVC-LOGS'],
    ...journald('RateLimitIntervalSec=30s\\nRateLimitBurst=20'),
  },
  { name: 'journald keeps nothing', red: ['SVC-LOG'], ...journald('Storage=none') },
  {
    name: 'what is said in a session of a user goes to the journal of the system alone',
    red: ['SVC-LOG'],
    ...journald('SplitMode=none'),
  },
  {
    name: 'daemon.json has a comma too many, and nobody has read it yet',
    red: ['SVC-NEXT'],
    apply: `${daemonJsonAside}; echo '{"debug": true,}' > ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'another storage driver is asked for from the next start on',
    red: ['SVC-STALE'],
    apply: `${daemonJsonAside}; sleep 4; echo '{"storage-driver": "vfs"}' > ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'what the unit starts may not be executed any more',
    red: ['SVC-NEXT'],
    apply: `chmod -x ${script}`,
    undo: `chmod +x ${script}`,
  },
  {
    name: 'an update replaces containerd while it runs',
    red: ['SVC-STALE'],
    ...updated('$(readlink /proc/$(pgrep -xo -u tester containerd)/exe | sed "s/ (deleted)//")'),
  },
  {
    name: 'an update replaces the network driver while it runs',
    red: ['SVC-STALE'],
    ...updated('$(command -v slirp4netns)'),
  },
  {
    name: 'docker-init is not there',
    red: ['SEC-INIT'],
    apply: 'mv /usr/bin/docker-init /usr/bin/docker-init.kept',
    undo: 'mv /usr/bin/docker-init.kept /usr/bin/docker-init',
  },
  {
    name: "containers' packets are not forwarded",
    red: ['BUILD-RUN'],
    apply: `${inNetwork} iptables -I FORWARD -j DROP`,
    undo: `${inNetwork} iptables -D FORWARD -j DROP`,
  },
  {
    name: 'whatever is started in a container takes forty seconds',
    red: ['SVC-HEALTH'],
    apply: `r=${runc}; mv $r $r.kept; printf '%s\\n' '#!/bin/sh' 'for w do [ "$w" != exec ] || sleep 40; done' "exec $r.kept \\"\\$@\\"" > $r; chmod 755 $r`,
    undo: `r=${runc}; mv $r.kept $r`,
  },
  {
    name: 'a start of the service ends what it started of containers',
    red: ['SVC-BOOT'],
    ...restartedWith(
      `ExecStartPost=-/bin/sh -c "export DOCKER_HOST=unix://%%t/docker.sock; for c in $$(docker ps -q); do docker kill $$c; done"`,
    ),
  },
];
