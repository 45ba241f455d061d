import type { ReportSink } from '../report-sink.ts';

export function tell(sinks: readonly ReportSink[], message: (sink: ReportSink) => void): void {
  for (const sink of sinks) message(sink);
}
