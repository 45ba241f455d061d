import type { ReportSink } from '../verdicts/run-listener.ts';

export function tell(sinks: readonly ReportSink[], message: (sink: ReportSink) => void): void {
  for (const sink of sinks) message(sink);
}
