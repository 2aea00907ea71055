// One request: what its log line says, where its time went, and what its script said.

import type { ComponentChildren } from "preact";
import type { Problem } from "../base/api.ts";
import { to } from "../base/router.ts";
import { remembered } from "../base/tail-buffer.ts";
import { bytes, ms, safe, safeLines } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import type { KeptRequest, Line } from "../types.ts";
import { lazy } from "./lazy.tsx";
import { Empty } from "./states.tsx";
import { Waterfall } from "./waterfall.tsx";

interface RequestDetailProps {
  readonly id: string;
  /** Empty: it is the line that says whose it is. */
  readonly tenant: string;
  /** It is beside the tail, and can be closed. */
  readonly close?: () => void;
}

const Replay = lazy(async () => (await import("./replay.tsx")).Replay);

export function RequestDetail({ id, tenant, close }: RequestDetailProps) {
  const seen = remembered(id);
  const inTail = seen.find(({ msg, source }) => msg === "request" && source !== "script");
  const owner = tenant === "" ? (inTail?.tenant ?? "") : tenant;
  const path = `/tenants/${encodeURIComponent(owner)}/requests/${encodeURIComponent(id)}?nodes=all`;
  const kept = useApi<KeptRequest>(owner === "" || !mayBeKept(inTail) ? null : path);
  const line = inTail ?? kept.data?.line ?? null;
  // it may have been asked for by the id of its trace
  const own = kept.data?.id ?? id;
  const isKnown = inTail !== undefined || kept.data !== null || kept.problem !== null;
  // captures are of the proxy that made them
  const elsewhere = kept.data?.node ?? "";
  const said = remembered(own).filter(({ source }) => source === "script");
  return (
    <>
      <header>
        <h2>
          <span class="code">
            {line === null ? "Request" : `${safe(line.method, 20)} ${safe(line.target, 200)}`}
          </span>
        </h2>
        {close !== undefined && (
          <>
            {owner !== "" && <a href={to(["tenants", owner, "requests", id])}>own page</a>}
            <button type="button" class="quiet" aria-label="Close" onClick={close}>
              ×
            </button>
          </>
        )}
      </header>
      {line === null && kept.problem === null && <p class="muted">Looking for it…</p>}
      {line === null && kept.problem !== null && (
        <Empty title={titleOf(kept.problem)}>
          <p>{safe(kept.problem.message, 400)}</p>
          <p>
            Kept are those that failed and the slow ones, the newest of each tenant. In the log it
            is under <code>{safe(id, 64)}</code>
          </p>
        </Empty>
      )}
      {line !== null && <Outcome line={line} />}
      {kept.data !== null && <Waterfall request={kept.data} />}
      {said.length > 0 && <Said lines={said} />}
      {owner !== "" && isKnown && elsewhere === "" && (
        <Replay key={own} tenant={owner} id={own} line={line} />
      )}
      {line !== null && <Fields line={line} tenant={owner} node={elsewhere} />}
    </>
  );
}

/** Who does not answer may have it. */
const titleOf = ({ status }: Problem): string =>
  status === 404 ? "This request is not found." : "Nobody can tell now.";

/** Of others there is nothing to ask for; one that the tail has not seen may be any. */
const mayBeKept = (line: Line | undefined): boolean =>
  line === undefined ||
  line.error != null ||
  (line.status ?? 0) >= 500 ||
  (line.durationMs ?? 0) >= SLOW_MS;

/** The least that `log.slowMs` is worth asking for. */
const SLOW_MS = 1_000;

function Outcome({ line }: { line: Line }) {
  const { status = 0, error = null, reason = null, durationMs } = line;
  const isBad = error !== null || status >= 500 || status === 0;
  return (
    <div class={isBad ? "outcome bad" : "outcome"}>
      <b>{status === 0 ? "no answer" : status}</b> in {ms(durationMs)}
      {error !== null && <code>{safe(error)}</code>}
      {reason !== null && <p class="code">{safe(reason)}</p>}
    </div>
  );
}

const Said = ({ lines }: { lines: readonly Line[] }) => (
  <section aria-label="What the script said">
    <h3>What the script said</h3>
    <ol class="said">
      {lines.map((line, index) => (
        <li key={`${index} ${line.time}`} class={safe(line.level)}>
          <span class="muted">
            {safe(line.hook)} {safe(line.at ?? "")}
          </span>
          <pre>{safeLines(saidBy(line))}</pre>
        </li>
      ))}
    </ol>
  </section>
);

/** With the places, if something was thrown. */
const saidBy = ({ msg, stack = "" }: Line): string =>
  stack === "" || stack.includes(msg) ? stack || msg : `${msg}\n${stack}`;

interface FieldsProps {
  readonly line: Line;
  readonly tenant: string;
  /** Of the other proxy that has it; empty: it is this one's. */
  readonly node: string;
}

function Fields({ line, tenant, node }: FieldsProps) {
  const served = line.node ?? node;
  const version = /^v(\d+)$/.exec(String(line.deployment ?? ""))?.[1];
  const rows: readonly (readonly [string, ComponentChildren])[] = [
    ["Id", safe(line.id)],
    ...(served === "" ? [] : [["Proxy", safe(served, 80)] as const]),
    ["When", safe(line.time)],
    ["Host", safe(line.host)],
    ["Client", safe(line.client)],
    ["Protocol", safe(line.protocol ?? "")],
    [
      "Version",
      version === undefined ? (
        safe(String(line.deployment ?? "none"))
      ) : (
        <a href={to(["tenants", tenant, "versions", version])}>v{version}</a>
      ),
    ],
    ["Upstream", `${safe(line.upstream ?? "none")}${line.reused ? " (connection reused)" : ""}`],
    ["Attempts", String(line.attempts ?? 0)],
    ["Received", bytes(line.bytesReceived ?? 0)],
    ["Sent", bytes(line.bytesSent ?? 0)],
    ...TIMES.flatMap(([name, title]) => {
      const value = line[name];
      return typeof value === "number" ? [[title, ms(value)] as const] : [];
    }),
    ...(line.fields === undefined ? [] : [["Fields", safe(line.fields)] as const]),
    ...(line.marks === undefined ? [] : [["Marks", safe(line.marks)] as const]),
  ];
  return (
    <section aria-label="The log line">
      <h3>The log line</h3>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="code">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const TIMES = [
  ["scriptMs", "In scripts"],
  ["waitMs", "Waiting for a turn"],
  ["connectMs", "Connecting"],
  ["upstreamMs", "At the upstream"],
  ["fetchMs", "In fetches"],
] as const;
