// The live tail: requests and script lines as they happen, filtered by the proxy. Pausing keeps
// collecting; what the proxy had to leave out is shown in its place.

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Problem } from "../base/api.ts";
import { type AskedNode, isOfMany, ofNodes } from "../base/nodes.ts";
import { route, setQuery } from "../base/router.ts";
import { remember, TailBuffer, type TailView } from "../base/tail-buffer.ts";
import { TailStream } from "../base/tail-stream.ts";
import { useApi } from "../base/use-api.ts";
import { isDialogOpen } from "../parts/dialog.tsx";
import { inField, keysAreOn } from "../parts/keys.ts";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { RequestDetail } from "../parts/request-detail.tsx";
import { Failed } from "../parts/states.tsx";
import { TailFilters } from "../parts/tail-filters.tsx";
import { focusOpened, TailLines } from "../parts/tail-lines.tsx";
import { useSelecting } from "../parts/tail-selection.ts";
import type { Status, Usage } from "../types.ts";
import type { PageProps } from "./props.ts";

const FILTERS = ["status", "hook", "slow", "search", "version"] as const;

function pathOf(tenant: string, query: URLSearchParams): string {
  const base = tenant === "" ? "/logs" : `/tenants/${encodeURIComponent(tenant)}/logs`;
  const asked = new URLSearchParams();
  for (const name of FILTERS) {
    const value = query.get(name) ?? "";
    if (value !== "") asked.set(name, value);
  }
  return ofNodes(asked.size === 0 ? base : `${base}?${asked}`);
}

/** Where there are several, and which of them do not answer: as asked at first, and told since. */
function useNodes(tenant: string, told: ReadonlyMap<string, AskedNode>) {
  const path = tenant === "" ? "/status" : `/tenants/${encodeURIComponent(tenant)}/usage`;
  const { data } = useApi<Pick<Status | Usage, "nodes">>(ofNodes(path));
  return useMemo(() => {
    const listed = data?.nodes ?? [];
    const fresh = [...told.values()].filter((one) => !listed.some(({ id }) => id === one.id));
    return [...listed.map((node) => told.get(node.id) ?? node), ...fresh];
  }, [data, told]);
}

const NONE: ReadonlyMap<string, AskedNode> = new Map();

interface StreamState {
  readonly problem: Problem | null;
  readonly isFinal: boolean;
  readonly isOpen: boolean;
}

const OPENING: StreamState = { problem: null, isFinal: false, isOpen: false };

/** A tab that nobody sees ends its stream after this. */
const HIDDEN_MS = 60_000;

function useTail(path: string, buffer: TailBuffer) {
  const [state, setState] = useState(OPENING);
  const [asked, setAsked] = useState(0);
  const [told, setTold] = useState(NONE);
  useEffect(() => {
    let stream: TailStream | null = null;
    let timer = 0;
    const open = (): void => {
      setState(OPENING);
      stream = new TailStream(path, {
        lines: (lines) => {
          remember(lines);
          buffer.add(lines);
        },
        dropped: (lines) => buffer.noteDropped(lines),
        node: (node) => setTold((before) => new Map(before).set(node.id, node)),
        state: (problem, isFinal) => setState({ problem, isFinal, isOpen: problem === null }),
      });
    };
    const close = (): void => {
      stream?.close();
      stream = null;
    };
    const look = (): void => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(close, HIDDEN_MS);
      else if (stream === null) open();
    };
    buffer.clear();
    setTold(NONE);
    open();
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      close();
      document.removeEventListener("visibilitychange", look);
    };
  }, [path, buffer, asked]);
  const retry = useCallback(() => setAsked((count) => count + 1), []);
  return { state, told, retry };
}

/** Whoever has looked at it goes on from its line. */
function closeRequest(): void {
  focusOpened();
  setQuery({ request: null });
}

export function TailPage({ tenant }: PageProps) {
  const { query } = route.value;
  const buffer = useMemo(() => new TailBuffer(), []);
  const path = pathOf(tenant, query);
  const { state, told, retry } = useTail(path, buffer);
  const nodes = useNodes(tenant, told);
  const [paused, setPaused] = useState<TailView | null>(null);
  const opened = query.get("request") ?? "";
  const togglePause = useCallback(
    () => setPaused((before) => (before === null ? buffer.still() : null)),
    [buffer],
  );
  useSelecting(useCallback(() => setPaused((before) => before ?? buffer.still()), [buffer]));
  const clear = (): void => {
    buffer.clear();
    if (paused !== null) setPaused(buffer.still());
  };
  // lines of another filter are not what one has paused
  useEffect(() => setPaused(null), [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isDialogOpen()) return;
      if (event.key === "Escape") closeRequest();
      const isButton = event.target instanceof HTMLButtonElement;
      if (event.key !== " " || inField(event) || isButton || !keysAreOn()) return;
      event.preventDefault();
      togglePause();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [togglePause]);
  if (state.problem !== null && state.isFinal) {
    return (
      <>
        <NodeSwitch nodes={nodes} />
        <Failed problem={state.problem} retry={retry} />
      </>
    );
  }
  return (
    <div class="tail">
      <NodeSwitch nodes={nodes} />
      <TailFilters
        {...{ buffer, togglePause, clear, isOpen: state.isOpen }}
        pausedAt={paused?.last ?? null}
        problem={state.problem?.message ?? null}
      />
      <div class={opened === "" ? "tail-body" : "tail-body with-detail"}>
        <TailLines {...{ buffer, paused, opened, tenant }} hasNode={isOfMany()} />
        {opened !== "" && (
          <aside class="detail" aria-label={`Request ${opened}`}>
            <RequestDetail id={opened} tenant={tenant} close={closeRequest} />
          </aside>
        )}
      </div>
    </div>
  );
}
