export { fixtureImageTag } from '../fixture-image/image.ts';
export type { TarEntry } from '../fixture-image/tar.ts';
export { RdcError } from '../messages/errors.ts';
export { hostProbe, probePath, probeProgram } from '../target-host/access/host-probe.ts';
export { mustRun } from '../target-host/access/must-run.ts';
export type { ReadableTarget, RestartableTarget, Target } from '../target-host/access/target.ts';
export { dockerApi } from '../target-host/docker/api.ts';
export {
  type Container,
  refusalIn,
  refusalOf,
  sharedContainer,
  startContainer,
} from '../target-host/docker/container.ts';
export { importImage, loadLayers } from '../target-host/docker/import-image.ts';
export { startRootfulInPlace } from '../target-host/docker/rootful-daemon.ts';
export { type HostFacts, hiddenBy } from '../target-host/facts/host-facts.ts';
export { type IdRange, idRanges, numberOf } from '../target-host/facts/parse-values.ts';
export { holdersOf } from '../target-host/facts/socket-holders.ts';
export type { Executor } from '../target-host/transport/executor.ts';
export { quoteWord } from '../target-host/transport/quote.ts';
export type { ExecResult } from '../target-host/transport/transport.ts';
export { pollUntil } from '../this-machine/poll.ts';
export type { EngineRelease } from '../verdicts/engine-changes.ts';
export type { Fault, Inject, VerifyContext, WithoutDocker } from './check.ts';
export { checksIn } from './check.ts';
export { expect, expectContainer } from './expect.ts';
export { away, breaks, chmod, filtered, inOrder, lifts, orUndo, rootScript, sysctl, userScript } from './faults.ts';
export { asFinding, expectDocumented, known } from './limitation.ts';
export { changeFile, setAside } from './set-aside.ts';
export { code, docker, issue, man, moby, mobyIssue, page, rootlesskitIssue } from './sources.ts';
export { withoutDockerByProbe, withoutDockerByScript } from './without-docker.ts';
