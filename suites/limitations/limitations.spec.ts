import {
  asFinding,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  inOrder,
  lifts,
  mobyIssue,
  refusalOf,
  sharedContainer,
} from '../../harness/checks/index.ts';
import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';
import { byRootful, daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { domainNameWithoutDocker } from '../instruments/without-docker/user-namespace.ts';

const check = checksIn(import.meta);

/** Claims to make a checkpoint; also the pause before it, which fails without a cgroup. */
const checkpointingRuntime = wrappedRuntime(
  (runc) => `#!/bin/sh
for word; do case $word in pause | checkpoint | resume) exit 0 ;; esac; done
exec ${runc} "$@"`,
);

check('LMT-CHECKPOINT', {
  level: 'LIMITATION',
  title: 'no checkpoint of a container is made: by default an experimental feature, with it CRIU fails',
  source: docker('engine/security/rootless', 'known limitations: checkpoint'),
  remedy: 'none in rootless mode; checkpoint on a rootful daemon, with criu installed',
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target);
    const pid = await container.hostPid();
    const { ExperimentalBuild } = (await dockerApi(target, 'GET', '/info')).json<{ ExperimentalBuild: boolean }>();
    const body = { CheckpointID: 'rdc', Exit: true };
    const made = await dockerApi(target, 'POST', `/containers/${container.id}/checkpoints`, { body });
    const refusal = made.status < 400 ? null : made.json<{ message: string }>().message;
    const documented = ExperimentalBuild ? /criu|freez/i : /experimental feature is disabled by default/;
    expectDocumented(refusal, documented, 'making a checkpoint');
    // a checkpoint with Exit would end the container
    const { code } = await target.root.exec(['test', '-d', `/proc/${pid}`]);
    asFinding('differs', () => expect(code, 'differs: the container runs on after the attempt').toBe(0));
  },
  fault: lifts(
    'making a checkpoint',
    'the daemon is experimental, and its OCI runtime claims to have made the checkpoint',
    inOrder(daemonJson({ experimental: true }), checkpointingRuntime),
  ),
});

check('LMT-DOMAIN', {
  level: 'LIMITATION',
  title: '--domainname is refused: /proc/sys/kernel/domainname, permission denied',
  source: mobyIssue(40632, '--domainname in rootless mode'),
  remedy: 'use --hostname with the full name',
  concurrent: true,
  async verify({ target }) {
    const refusal = await refusalOf(target, { domainname: 'rdc.example' });
    expectDocumented(refusal, /kernel[./]domainname.*permission denied/, 'the start with --domainname');
  },
  triage: { withoutDocker: domainNameWithoutDocker },
  fault: lifts('the start with --domainname', byRootful),
});
