// What is captured of a tenant's requests, by which rules; and how a version answers all of it.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { to } from "../base/router.ts";
import { may } from "../base/session-state.ts";
import { ago, count, duration, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import type { CaptureList, CaptureRule, CaptureRules, CaptureSummary, Replayed } from "../types.ts";
import { CaptureDialog } from "./capture-dialog.tsx";
import { Confirm } from "./confirm.tsx";
import { MayButton } from "./may.tsx";
import { ReplayForm } from "./replay-form.tsx";
import { type Column, Table } from "./table.tsx";

const EVERY_MS = 5_000;
/** What a rule keeps at most. */
const CAPTURES_MAX = 1_000;
/** What one call replays at most. */
const REPLAYED_MAX = 100;

export function Captures({ tenant }: { tenant: string }) {
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const isAllowed = may("deployer");
  const rules = useApi<CaptureRules>(isAllowed ? `${base}/capture-rules` : null, EVERY_MS);
  const kept = useApi<CaptureList>(
    isAllowed ? `${base}/captures?limit=${CAPTURES_MAX}` : null,
    EVERY_MS,
  );
  const [isAsked, setIsAsked] = useState(false);
  const [stopped, setStopped] = useState<CaptureRule | null>(null);
  const reload = (): void => {
    rules.reload();
    kept.reload();
  };
  const captures = kept.data?.captures ?? [];
  return (
    <section aria-labelledby="captures">
      <h2 id="captures">
        Captured requests{" "}
        <MayButton least="deployer" class="quiet" onClick={() => setIsAsked(true)}>
          Capture…
        </MayButton>
      </h2>
      <p class="muted">
        A rule keeps requests whole for a while, so that a version can answer them before it serves.
      </p>
      {rules.data !== null && rules.data.rules.length > 0 && (
        <Table columns={ruleColumns(setStopped)} rows={rules.data.rules} keyOf={({ id }) => id} />
      )}
      {captures.length > 0 && <ReplayAll tenant={tenant} captures={captures} />}
      {isAsked && (
        <CaptureDialog
          tenant={tenant}
          start={{ path: "", status: "" }}
          close={() => setIsAsked(false)}
          reload={reload}
        />
      )}
      {stopped !== null && (
        <Confirm
          title="Stop to capture"
          action="Stop and forget"
          isDangerous
          said="The rule and what it kept are gone."
          close={() => setStopped(null)}
          run={async () => {
            await call(`${base}/capture-rules/${stopped.id}`, { method: "DELETE" });
            reload();
          }}
        >
          <p>
            The rule for {spoken(stopped)} ends, and the {count(stopped.kept)} requests that it kept
            are forgotten.
          </p>
        </Confirm>
      )}
    </section>
  );
}

function spoken({ path, methods, statuses }: CaptureRule): string {
  const parts = [
    methods.length === 0 ? "requests" : `${methods.join(", ")} requests`,
    ...(path === "" ? [] : [`of ${safe(path, 200)}`]),
    ...(statuses.length === 0 ? [] : [`that end in ${statuses.join(", ")}`]),
  ];
  return parts.join(" ");
}

const ruleColumns = (stop: (rule: CaptureRule) => void): readonly Column<CaptureRule>[] => [
  { title: "Which", cell: spoken },
  {
    title: "Kept",
    kind: "number",
    cell: (rule) => {
      const kept = `${count(rule.kept)} of ${count(rule.count)}`;
      return rule.dropped === 0 ? kept : `${kept}, ${count(rule.dropped)} dropped`;
    },
  },
  { title: "Ends in", cell: ({ expiresAtMs }) => duration(Math.max(0, expiresAtMs - Date.now())) },
  { title: "Logins", cell: ({ keepsLogins }) => (keepsLogins ? "kept" : "hashed") },
  {
    title: "What can be done",
    kind: "actions",
    cell: (rule) => (
      <MayButton least="deployer" class="quiet" onClick={() => stop(rule)}>
        Stop…
      </MayButton>
    ),
  },
];

interface ReplayAllProps {
  readonly tenant: string;
  readonly captures: readonly CaptureSummary[];
}

function ReplayAll({ tenant, captures }: ReplayAllProps) {
  const [newest] = captures;
  const whole = captures.filter(({ gap }) => gap === null).length;
  const last = Math.min(whole, REPLAYED_MAX);
  return (
    <>
      <h3>
        {count(captures.length)} captured
        {newest !== undefined && `, the newest ${ago(newest.atMs)}`}
        {whole < captures.length && `; ${count(captures.length - whole)} cannot be replayed`}
      </h3>
      {last > 0 && (
        <ReplayForm tenant={tenant} which={{ last }} action={`Replay the newest ${count(last)}`}>
          {({ version, replayed }) => (
            <>
              <p>
                On v{version}: {sums(replayed)}.
              </p>
              <Table
                columns={resultColumns(tenant, captures)}
                rows={replayed.toSorted(byInterest)}
                keyOf={({ id }) => id}
              />
            </>
          )}
        </ReplayForm>
      )}
    </>
  );
}

const RESULTS = ["failed", "differs", "same"] as const;
const WORDS = { failed: "could not be replayed", differs: "differ", same: "as they were" } as const;

const byInterest = (one: Replayed, two: Replayed): number =>
  RESULTS.indexOf(one.result) - RESULTS.indexOf(two.result);

const sums = (replayed: readonly Replayed[]): string =>
  RESULTS.toReversed()
    .map((wanted) => [replayed.filter(({ result }) => result === wanted).length, wanted] as const)
    .filter(([number]) => number > 0)
    .map(([number, wanted]) => `${count(number)} ${WORDS[wanted]}`)
    .join(", ");

function resultColumns(
  tenant: string,
  captures: readonly CaptureSummary[],
): readonly Column<Replayed>[] {
  const byId = new Map(captures.map((one) => [one.id, one]));
  return [
    {
      title: "Request",
      kind: "detail",
      cell: ({ id }) => {
        const found = byId.get(id);
        if (found === undefined) return safe(id);
        return (
          <a href={to(["tenants", tenant, "requests", found.requestId])}>
            {safe(found.method, 20)} {safe(found.target, 200)}
          </a>
        );
      },
    },
    { title: "Result", isBad: ({ result }) => result === "failed", cell: ({ result }) => result },
    {
      title: "First difference",
      cell: ({ difference, reason }) => safe(difference?.part ?? reason, 200),
    },
    { title: "Was", kind: "detail", cell: ({ difference }) => safe(difference?.was ?? "", 200) },
    { title: "Is", kind: "detail", cell: ({ difference }) => safe(difference?.is ?? "", 200) },
  ];
}
