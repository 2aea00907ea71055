// Who changed what, the newest first.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { momentMs } from "../base/moment.ts";
import { route, setQuery, to } from "../base/router.ts";
import { ago, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { failed } from "../parts/notices.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { AuditLine, AuditPage as Page } from "../types.ts";

const EVERY_MS = 5_000;
const LIMIT = 100;

const TEXTS = [
  ["tenant", "Tenant"],
  ["actor", "Who"],
  ["action", "What"],
] as const;
const TIMES = [
  ["from", "From"],
  ["to", "Until"],
] as const;

/** Which one click may look through, where no line is like that: a million lines. */
const PAGES_MAX = 10;

const isNoTime = (text: string): boolean => text !== "" && momentMs(text) === null;

/** As the API wants it: times in this browser's zone are milliseconds there. */
function pathOf(query: URLSearchParams): string {
  const asked = new URLSearchParams({ limit: String(LIMIT) });
  for (const [name] of TEXTS) {
    const value = query.get(name) ?? "";
    if (value !== "") asked.set(name, value);
  }
  for (const [name] of TIMES) {
    const atMs = momentMs(query.get(name) ?? "");
    if (atMs !== null) asked.set(name, String(atMs));
  }
  return `/audit?${asked}`;
}

export function AuditPage() {
  const { query } = route.value;
  const at = pathOf(query);
  const api = useApi<Page>(at, EVERY_MS, "change", "tick");
  return (
    <>
      <div class="filters">
        {TEXTS.map(([name, title]) => (
          <label key={name}>
            {title}{" "}
            <input
              size={12}
              value={query.get(name) ?? ""}
              onChange={(event) => setQuery({ [name]: event.currentTarget.value.trim() })}
            />
          </label>
        ))}
        {TIMES.map(([name, title]) => (
          <label key={name}>
            {title}{" "}
            <input
              size={16}
              placeholder="2026-01-31 10:00"
              value={query.get(name) ?? ""}
              aria-invalid={isNoTime(query.get(name) ?? "")}
              onChange={(event) => setQuery({ [name]: event.currentTarget.value.trim() })}
            />
          </label>
        ))}
      </div>
      <Loaded api={api}>{(page) => <Lines key={at} first={page} at={at} />}</Loaded>
    </>
  );
}

interface LinesProps {
  readonly first: Page;
  readonly at: string;
}

function Lines({ first, at }: LinesProps) {
  const [older, setOlder] = useState<Page | null>(null);
  const { next } = older ?? first;
  const more = async (): Promise<void> => {
    try {
      const found: AuditLine[] = [];
      let before = next;
      for (let pages = 0; pages < PAGES_MAX && before !== null && found.length === 0; pages++) {
        const { body } = await call<Page>(`${at}&before=${before}`);
        found.push(...body.lines);
        before = body.next;
      }
      setOlder({ lines: [...(older?.lines ?? []), ...found], next: before });
    } catch (thrown) {
      failed("Older lines could not be loaded", thrown);
    }
  };
  // what is new pushes the page on: of what was both, one is enough
  const all = [...(older?.lines ?? []), ...first.lines];
  const seen = new Map(all.map((line) => [line.id, line]));
  const lines = [...seen.values()].sort((one, two) => two.id - one.id);
  if (lines.length === 0 && next === null) return <Empty title="No change is like that." />;
  return (
    <>
      <Table columns={COLUMNS} rows={lines} keyOf={({ id }) => id} />
      <p>
        {next !== null && (
          <button type="button" onClick={() => void more()}>
            Older ones
          </button>
        )}{" "}
        <button type="button" onClick={() => save(lines)}>
          Save as JSON lines
        </button>
      </p>
    </>
  );
}

/** Of what is shown, the newest first. */
function save(lines: readonly AuditLine[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  Object.assign(document.createElement("a"), { href, download: "audit.jsonl" }).click();
  URL.revokeObjectURL(href);
}

const spoken = (detail: AuditLine["detail"]): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");

const COLUMNS: readonly Column<AuditLine>[] = [
  {
    title: "When",
    cell: ({ atMs }) => (
      <time dateTime={new Date(atMs).toISOString()} title={new Date(atMs).toLocaleString()}>
        {ago(atMs)}
      </time>
    ),
  },
  { title: "Who", kind: "code", cell: ({ actor }) => safe(actor) },
  {
    title: "What",
    cell: ({ action, target }) => (
      <>
        <b>{safe(action)}</b> {safe(target)}
      </>
    ),
  },
  {
    title: "Tenant",
    cell: ({ tenant }) => tenant !== null && <a href={to(["tenants", tenant])}>{safe(tenant)}</a>,
  },
  { title: "Detail", kind: "detail", cell: ({ detail }) => safe(spoken(detail), 300) },
];
