// Where the time of one request went: hooks, waits and attempts on one axis.

import { ms, safe } from "../base/text.ts";
import type { KeptRequest, Span } from "../types.ts";

export function Waterfall({ request: { spans, durationMs } }: { request: KeptRequest }) {
  if (spans.length === 0) return null;
  const whole = Math.max(durationMs, ...spans.map(({ endMs }) => endMs), 0.001);
  return (
    <section aria-label="Where its time went">
      <h3>Where its time went</h3>
      <table class="waterfall">
        <thead class="hidden">
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Share</th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span, index) => (
            <Row key={`${index} ${span.name}`} span={span} whole={whole} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ span, whole }: { span: Span; whole: number }) {
  const { kind, name, startMs, endMs, detail = "" } = span;
  const left = (100 * startMs) / whole;
  const width = Math.max(0.4, (100 * (endMs - startMs)) / whole);
  return (
    <tr>
      <th scope="row">
        <span class={`mark ${kind}`} />
        {safe(name)}
      </th>
      <td class="track">
        <span
          class={`span ${kind}`}
          style={{ left: `${Math.min(left, 99.6)}%`, width: `${Math.min(width, 100 - left)}%` }}
        />
        {detail !== "" && <span class="hidden">{safe(detail)}</span>}
      </td>
      <td class="number" title={`from ${ms(startMs)} to ${ms(endMs)}`}>
        {ms(endMs - startMs)}
        {detail !== "" && <small class="muted"> {safe(detail, 80)}</small>}
      </td>
    </tr>
  );
}
