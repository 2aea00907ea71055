// Who changed what, the newest first.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { route, setQuery, to } from "../base/router.ts";
import { ago, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { failed } from "../parts/notices.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { AuditLine, AuditPage as Page } from "../types.ts";

const EVERY_MS = 5_000;
const LIMIT = 100;

export function AuditPage() {
  const { query } = route.value;
  const tenant = query.get("tenant") ?? "";
  const wanted = query.get("search") ?? "";
  const at = `/audit?limit=${LIMIT}${tenant === "" ? "" : `&tenant=${encodeURIComponent(tenant)}`}`;
  const api = useApi<Page>(at, EVERY_MS);
  return (
    <>
      <div class="filters">
        <label>
          Tenant{" "}
          <input
            value={tenant}
            onChange={(event) => setQuery({ tenant: event.currentTarget.value })}
          />
        </label>
        <label>
          Who or what{" "}
          <input
            type="search"
            value={wanted}
            onInput={(event) => setQuery({ search: event.currentTarget.value })}
          />
        </label>
      </div>
      <Loaded api={api}>
        {(page) => <Lines key={at} first={page} at={at} wanted={wanted.toLowerCase()} />}
      </Loaded>
    </>
  );
}

interface LinesProps {
  readonly first: Page;
  readonly at: string;
  readonly wanted: string;
}

function Lines({ first, at, wanted }: LinesProps) {
  const [older, setOlder] = useState<Page>({ lines: [], next: null });
  const next = older.lines.length === 0 ? first.next : older.next;
  const more = async (): Promise<void> => {
    try {
      const { body } = await call<Page>(`${at}&before=${next}`);
      setOlder({ lines: [...older.lines, ...body.lines], next: body.next });
    } catch (thrown) {
      failed("Older lines could not be loaded", thrown);
    }
  };
  // what is new pushes the page on: of what was both, one is enough
  const seen = new Map([...older.lines, ...first.lines].map((line) => [line.id, line]));
  const lines = [...seen.values()].sort((one, two) => two.id - one.id).filter(matches(wanted));
  if (lines.length === 0) return <Empty title="No change is like that." />;
  return (
    <>
      <Table columns={COLUMNS} rows={lines} keyOf={({ id }) => id} />
      {next !== null && (
        <button type="button" onClick={() => void more()}>
          Older ones
        </button>
      )}
    </>
  );
}

const matches =
  (wanted: string) =>
  ({ actor, action, target, detail }: AuditLine): boolean =>
    wanted === "" ||
    `${actor} ${action} ${target} ${JSON.stringify(detail)}`.toLowerCase().includes(wanted);

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
