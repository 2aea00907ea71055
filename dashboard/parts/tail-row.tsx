// A line of the tail: a request, what a script said, or how many are missing here. Its text can be
// selected. A click is the whole table's affair: there may be a thousand new lines a second.

import type { TailLine } from "../base/tail-buffer.ts";
import { clockMs, count, ms, safe } from "../base/text.ts";
import type { Line } from "../types.ts";

/** As pages.css has it. */
export const ROW_PX = 28;

interface RowProps {
  readonly one: TailLine;
  readonly top: number;
  readonly isOpened: boolean;
  readonly hasTenant: boolean;
  readonly hasNode: boolean;
}

export function Row({ one, top, isOpened, hasTenant, hasNode }: RowProps) {
  const { number, line, dropped } = one;
  const style = { top: `${top}px` };
  if (line === null) {
    return (
      <div class="row dropped" role="row" aria-rowindex={number} style={style}>
        <span role="gridcell">
          {count(dropped)} lines were left out: they came faster than this page takes them
        </span>
      </div>
    );
  }
  const time = clockMs(Date.parse(line.time));
  const isRequest = line.msg === "request" && line.source !== "script";
  const name = `row ${isRequest ? kindOf(line) : `script ${safe(line.level)}`}`;
  return (
    <div class={isOpened ? `${name} opened` : name} role="row" aria-rowindex={number} style={style}>
      <span role="gridcell" class="time">
        <button type="button" aria-label={`Open ${time}`} />
        {time}
      </span>
      {hasNode && (
        <span role="gridcell" class="node">
          {safe(line.node ?? "–", 60)}
        </span>
      )}
      {hasTenant && (
        <span role="gridcell" class="tenant">
          {safe(line.tenant ?? "–", 60)}
        </span>
      )}
      {isRequest ? <RequestCells line={line} /> : <ScriptCells line={line} />}
    </div>
  );
}

function kindOf({ status = 0, error }: Line): string {
  if (error != null || status >= 500 || status === 0) return "bad";
  return status >= 400 ? "warn" : "plain";
}

function RequestCells({ line }: { line: Line }) {
  const { status = 0, method = "", host = "", target = "", durationMs, deployment } = line;
  return (
    <>
      <span role="gridcell" class="status">
        {status === 0 ? "–––" : status}
      </span>
      <span role="gridcell" class="method">
        {safe(method, 20)}
      </span>
      <span role="gridcell" class="url" title={safe(`${host}${target}`)}>
        <i>{safe(host, 200)}</i>
        {safe(target, 500)}
      </span>
      <span role="gridcell" class="error">
        {safe(line.error ?? "", 60)}
      </span>
      <span role="gridcell" class="duration">
        {ms(durationMs)}
      </span>
      <span role="gridcell" class="version">
        {deployment === null || deployment === undefined ? "" : safe(String(deployment), 40)}
      </span>
    </>
  );
}

const ScriptCells = ({ line: { level, hook = "", msg, at = "" } }: { line: Line }) => (
  <>
    <span role="gridcell" class="status">
      {safe(level, 8)}
    </span>
    <span role="gridcell" class="method" title={safe(hook)}>
      {safe(hook, 40)}
    </span>
    <span role="gridcell" class="url" title={safe(msg)}>
      {safe(msg, 500)}
    </span>
    <span role="gridcell" class="at">
      {safe(at, 80)}
    </span>
  </>
);
