// Who changed what, the newest first.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { route, setQuery, to } from "../base/router.ts";
import { ago, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { failed } from "../parts/notices.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import type { AuditLine } from "../types.ts";

const EVERY_MS = 5_000;
const LIMIT = 100;

interface Page {
  readonly lines: readonly AuditLine[];
  readonly next: number | null;
}

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
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">Tenant</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Line key={line.id} line={line} />
            ))}
          </tbody>
        </table>
      </div>
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

const Line = ({ line: { atMs, actor, action, tenant, target, detail } }: { line: AuditLine }) => (
  <tr>
    <td>
      <time dateTime={new Date(atMs).toISOString()} title={new Date(atMs).toLocaleString()}>
        {ago(atMs)}
      </time>
    </td>
    <td class="code">{safe(actor)}</td>
    <td>
      <b>{safe(action)}</b> {safe(target)}
    </td>
    <td>{tenant !== null && <a href={to(["tenants", tenant])}>{safe(tenant)}</a>}</td>
    <td class="code detail">{safe(detail, 300)}</td>
  </tr>
);
