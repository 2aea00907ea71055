// The lines of the tail as a table of which only the visible rows are in the document.

import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { setQuery } from "../base/router.ts";
import type { TailBuffer, TailLine, TailView } from "../base/tail-buffer.ts";
import { Empty } from "./states.tsx";
import { ROW_PX, Row } from "./tail-row.tsx";
import { copySelected, isSelecting } from "./tail-selection.ts";

/** Beyond what is seen, so that scrolling shows no gap. */
const SPARE_ROWS = 8;
/** How far rows may be from where they are counted from: browsers place nothing at any distance. */
const BELT_ROWS = 20_000;

interface TailLinesProps {
  readonly buffer: TailBuffer;
  /** What is looked at instead, while it is paused. */
  readonly paused: TailView | null;
  /** Id of the request that is shown beside. */
  readonly opened: string;
  /** Empty: lines are of all tenants. */
  readonly tenant: string;
  /** Lines are of several proxies. */
  readonly hasNode: boolean;
}

/** Follows: `top` says nothing, the newest lines are seen. */
interface View {
  readonly top: number;
  readonly height: number;
  readonly follows: boolean;
}

/**
 * A row keeps its place on a belt, and the belt moves: what comes draws new rows and touches no
 * other. Nothing is measured while it follows.
 */
export function TailLines({ buffer, paused, opened, tenant, hasNode }: TailLinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ top: 0, height: 600, follows: true });
  const changes = paused === null ? buffer.changes.value : 0;
  const looked = paused ?? buffer;
  const { first, count: shown } = looked;
  const belt = useRef({ begin: first, rows: new Map<number, KeptRow>() }).current;
  if (first - belt.begin > BELT_ROWS || first < belt.begin) {
    belt.begin = first;
    belt.rows.clear();
  }
  useEffect(() => observeHeight(place.current, setView), []);
  useScroll(place, { first, shown, changes, view });
  const onScroll = (): void => {
    const element = place.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height, scrollHeight } = element;
    const follows = top + height >= scrollHeight - ROW_PX;
    setView((before) => (follows && before.follows ? before : { top, height, follows }));
  };
  const seen = Math.ceil(view.height / ROW_PX) + 1;
  const top = view.follows ? shown - seen : Math.floor(view.top / ROW_PX) - SPARE_ROWS;
  const from = Math.max(0, top);
  const to = Math.min(shown, from + seen + 2 * SPARE_ROWS);
  const lines = withFocused(looked, { from, to, focused: focusedRow(place.current) });
  const part = { begin: belt.begin, opened, hasTenant: tenant === "", hasNode };
  return (
    <div class="lines" ref={place} onScroll={onScroll}>
      {shown === 0 ? (
        <NoLines tenant={tenant} />
      ) : (
        <div
          class="rows"
          role="grid"
          aria-label="Requests and script lines"
          aria-rowcount={looked.last}
          aria-live="off"
          style={{ height: `${shown * ROW_PX}px` }}
          onKeyDown={moveFocus}
          onClick={(event) => open(event, looked)}
          onCopy={copySelected}
        >
          <div
            class="belt"
            role="rowgroup"
            style={{ transform: `translateY(${(belt.begin - first) * ROW_PX}px)` }}
          >
            {rowsOf(lines, part, belt.rows)}
          </div>
        </div>
      )}
    </div>
  );
}

/** Number of its line; 0: none has it. */
function focusedRow(place: HTMLElement | null): number {
  const { activeElement } = document;
  if (place === null || !place.contains(activeElement)) return 0;
  return Number(activeElement?.closest(".row")?.getAttribute("aria-rowindex") ?? 0);
}

interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly focused: number;
}

/** A row that is taken away with the focus in it would leave the keyboard nowhere. */
function withFocused(looked: TailView, { from, to, focused }: Drawn): readonly TailLine[] {
  const lines = looked.slice(from, to);
  const at = focused - looked.first;
  if (focused === 0 || at < 0 || at >= looked.count) return lines;
  if (at < from) return [...looked.slice(at, at + 1), ...lines];
  return at < to ? lines : [...lines, ...looked.slice(at, at + 1)];
}

function observeHeight(
  element: HTMLDivElement | null,
  setView: (change: (before: View) => View) => void,
): (() => void) | undefined {
  if (element === null) return undefined;
  const observer = new ResizeObserver(() => {
    const height = element.clientHeight;
    setView((before) => (before.height === height ? before : { ...before, height }));
  });
  observer.observe(element);
  return () => observer.disconnect();
}

interface Scrolled {
  readonly first: number;
  readonly shown: number;
  readonly changes: number;
  readonly view: View;
}

/** At the end while it follows; else what falls out above does not move what somebody reads. */
function useScroll(
  place: { readonly current: HTMLDivElement | null },
  { first, shown, changes, view: { follows, height } }: Scrolled,
): void {
  const before = useRef({ first, height: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    const gone = Math.max(0, first - before.current.first);
    const whole = shown * ROW_PX - height;
    const isThere = follows && before.current.height === whole;
    before.current = { first, height: follows ? whole : 0 };
    if (element === null || isThere) return;
    if (follows) element.scrollTop = shown * ROW_PX;
    else if (gone > 0) element.scrollTop -= gone * ROW_PX;
  }, [changes, shown, follows, height]);
}

/** A row as it was drawn last, which is left alone while the same is to be seen. */
interface KeptRow {
  readonly isOpened: boolean;
  readonly hasTenant: boolean;
  readonly hasNode: boolean;
  readonly drawn: VNode;
}

interface RowsPart {
  /** Number of the line at the belt's begin. */
  readonly begin: number;
  readonly opened: string;
  readonly hasTenant: boolean;
  readonly hasNode: boolean;
}

function rowsOf(
  lines: readonly TailLine[],
  { begin, opened, hasTenant, hasNode }: RowsPart,
  kept: Map<number, KeptRow>,
): VNode[] {
  const nodes = lines.map((one) => {
    const { number, line } = one;
    const isOpened = opened !== "" && line?.id === opened;
    const before = kept.get(number);
    const isSame = before?.isOpened === isOpened && before.hasTenant === hasTenant;
    if (isSame && before.hasNode === hasNode) return before.drawn;
    const props = { one, top: (number - begin) * ROW_PX, isOpened, hasTenant, hasNode };
    const drawn = <Row key={number} {...props} />;
    kept.set(number, { isOpened, hasTenant, hasNode, drawn });
    return drawn;
  });
  const seen = new Set(lines.map(({ number }) => number));
  for (const number of kept.keys()) if (!seen.has(number)) kept.delete(number);
  return nodes;
}

const NoLines = ({ tenant }: { tenant: string }) => (
  <Empty title="Nothing has come yet that is like that.">
    <p>
      Requests and lines of scripts appear here as they happen. In a terminal:{" "}
      <code>sluice tail{tenant === "" ? "" : ` --tenant ${tenant}`}</code>
    </p>
  </Empty>
);

/** A click that ends a selection opens nothing. */
function open({ target }: Event, looked: TailView): void {
  if (!(target instanceof Element)) return;
  if (target.closest("button") === null && isSelecting()) return;
  const number = Number(target.closest(".row")?.getAttribute("aria-rowindex") ?? 0);
  const at = number - looked.first;
  const [one] = at < 0 ? [] : looked.slice(at, at + 1);
  if (one?.line != null) setQuery({ request: one.line.id ?? null });
}

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
