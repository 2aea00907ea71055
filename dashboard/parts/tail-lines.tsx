// The lines of the tail as a table of which only the visible rows are in the document.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { setQuery } from "../base/router.ts";
import type { TailBuffer, TailLine } from "../base/tail-buffer.ts";
import { clockMs, count, ms, safe } from "../base/text.ts";
import type { Line } from "../types.ts";
import { Empty } from "./states.tsx";

const ROW_PX = 28;
/** Beyond what is seen, so that scrolling shows no gap. */
const SPARE_ROWS = 8;

interface TailLinesProps {
  readonly buffer: TailBuffer;
  readonly pausedAt: number | null;
  /** Id of the request that is shown beside. */
  readonly opened: string;
  /** Empty: lines are of all tenants. */
  readonly tenant: string;
}

export function TailLines({ buffer, pausedAt, opened, tenant }: TailLinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, follows: true });
  const changes = buffer.changes.value;
  const all = buffer.lines;
  const lines = pausedAt === null ? all : all.filter(({ number }) => number <= pausedAt);
  const first = lines[0]?.number ?? 0;
  const firstBefore = useRef(first);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setView((before) => ({ ...before, height: element.clientHeight })),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    // what fell out above must not move what somebody reads
    const gone = Math.max(0, first - firstBefore.current);
    firstBefore.current = first;
    if (view.follows) element.scrollTop = element.scrollHeight;
    else if (gone > 0) element.scrollTop -= gone * ROW_PX;
  }, [changes, pausedAt, view.follows, view.height]);

  const onScroll = (): void => {
    const element = place.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height, scrollHeight } = element;
    setView({ top, height, follows: top + height >= scrollHeight - ROW_PX });
  };

  const from = Math.max(0, Math.floor(view.top / ROW_PX) - SPARE_ROWS);
  const to = Math.min(lines.length, from + Math.ceil(view.height / ROW_PX) + 2 * SPARE_ROWS);
  return (
    <div class="lines" ref={place} onScroll={onScroll}>
      {lines.length === 0 ? (
        <NoLines tenant={tenant} />
      ) : (
        <div
          class="rows"
          role="grid"
          aria-label="Requests and script lines"
          aria-rowcount={lines.length}
          aria-live="off"
          style={{ height: `${lines.length * ROW_PX}px` }}
          onKeyDown={moveFocus}
        >
          {lines.slice(from, to).map((one, index) => (
            <Row
              key={one.number}
              one={one}
              index={from + index}
              isOpened={one.line?.id === opened && opened !== ""}
              hasTenant={tenant === ""}
            />
          ))}
        </div>
      )}
    </div>
  );
}

const NoLines = ({ tenant }: { tenant: string }) => (
  <Empty title="Nothing has come yet that is like that.">
    <p>
      Requests and lines of scripts appear here as they happen. In a terminal:{" "}
      <code>sluice tail{tenant === "" ? "" : ` --tenant ${tenant}`}</code>
    </p>
  </Empty>
);

/** To the line of the request that is shown beside, if it is still to be seen. */
export const focusOpened = (): void =>
  document.querySelector<HTMLElement>(".row.opened button")?.focus();

/** j and k, and the arrows: to the next row and back. */
function moveFocus(event: KeyboardEvent): void {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement)) return;
  const row = event.target.closest(".row");
  const next = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  const button = next?.querySelector("button");
  if (!button) return;
  event.preventDefault();
  button.focus();
}

interface RowProps {
  readonly one: TailLine;
  readonly index: number;
  readonly isOpened: boolean;
  readonly hasTenant: boolean;
}

function Row({ one: { line, dropped }, index, isOpened, hasTenant }: RowProps) {
  const style = { transform: `translateY(${index * ROW_PX}px)` };
  if (line === null) {
    return (
      <div class="row dropped" role="row" aria-rowindex={index + 1} style={style}>
        <span role="gridcell">
          {count(dropped)} lines were left out: they came faster than this page takes them
        </span>
      </div>
    );
  }
  const isRequest = line.msg === "request" && line.source !== "script";
  const name = `row ${isRequest ? kindOf(line) : `script ${safe(line.level)}`}`;
  return (
    <div
      class={isOpened ? `${name} opened` : name}
      role="row"
      aria-rowindex={index + 1}
      style={style}
    >
      <span role="gridcell" class="time">
        <button type="button" onClick={() => setQuery({ request: line.id ?? null })}>
          {clockMs(Date.parse(line.time))}
        </button>
      </span>
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
