import {
  configuredWith,
  daemonJson,
  dockerd,
  type FaultsByCheck,
  fault,
  insteadOfDaemonJson,
  restartedWith,
  uid,
} from './undeclared-fault.ts';

/** A program is replaced by its like, as an update does, while it runs. */
const updated = (find: string) =>
  fault(
    `f=${find}; ln "$f" "$f.kept"; cp -a "$f" "$f.new"; mv "$f.new" "$f"`,
    `f=${find}; f=\${f%.kept}; mv "$f.kept" "$f"`,
  );

const journald = (lines: string) =>
  fault(
    `mkdir -p /etc/systemd/journald.conf.d; printf '[Journal]\\n${lines}\\n' > /etc/systemd/journald.conf.d/zz-rdc.conf; systemctl restart systemd-journald`,
    'rm /etc/systemd/journald.conf.d/zz-rdc.conf; systemctl restart systemd-journald',
  );

const runc = '$(readlink -f $(command -v runc))';
const script = '/usr/share/docker.io/contrib/dockerd-rootless.sh';
const inNetwork = `nsenter -t ${dockerd} -U --preserve-credentials -n -m --`;

/** Of what users do every day: logs, builds, health checks, updates of packages and settings. */
export const dailyFaults: FaultsByCheck = {
  'SVC-LOGS': {
    'containers log nowhere by default': configuredWith('{"log-driver": "none"}'),
    'the log of a container is kept to its last kilobyte': configuredWith(
      '{"log-driver": "json-file", "log-opts": {"max-size": "1k"}}',
    ),
    'journald takes twenty lines in half a minute': journald('RateLimitIntervalSec=30s\\nRateLimitBurst=20'),
  },
  'SVC-LOG': {
    'journald keeps nothing': journald('Storage=none'),
    'what is said in a session of a user goes to the journal of the system alone': journald('SplitMode=none'),
  },
  'SVC-NEXT': {
    'daemon.json has a comma too many, and nobody has read it yet': insteadOfDaemonJson(
      `echo '{"debug": true,}' > ${daemonJson}`,
    ),
    'what the unit starts may not be executed any more': fault(`chmod -x ${script}`, `chmod +x ${script}`),
  },
  'SVC-STALE': {
    'another storage driver is asked for from the next start on': insteadOfDaemonJson(
      `sleep 4; echo '{"storage-driver": "vfs"}' > ${daemonJson}`,
    ),
    'an update replaces containerd while it runs': updated(
      '$(readlink /proc/$(pgrep -xo -u tester containerd)/exe | sed "s/ (deleted)//")',
    ),
    'an update replaces the network driver while it runs': updated('$(command -v slirp4netns)'),
  },
  'SEC-INIT': {
    'docker-init is not there': fault(
      'mv /usr/bin/docker-init /usr/bin/docker-init.kept',
      'mv /usr/bin/docker-init.kept /usr/bin/docker-init',
    ),
  },
  'BUILD-RUN': {
    "containers' packets are not forwarded": fault(
      `${inNetwork} iptables -I FORWARD -j DROP`,
      `${inNetwork} iptables -D FORWARD -j DROP`,
    ),
  },
  'SVC-HEALTH': {
    'whatever is started in a container takes forty seconds': fault(
      `r=${runc}; mv $r $r.kept; printf '%s\\n' '#!/bin/sh' 'for w do [ "$w" != exec ] || sleep 40; done' "exec $r.kept \\"\\$@\\"" > $r; chmod 755 $r`,
      `r=${runc}; mv $r.kept $r`,
    ),
  },
  'SVC-BOOT': {
    'a start of the service ends what it started of containers': restartedWith(
      `ExecStartPost=-/bin/sh -c "sleep 3; export DOCKER_HOST=unix:///run/user/${uid}/docker.sock; for c in $$(docker ps -q); do docker kill $$c; done"`,
    ),
  },
};
