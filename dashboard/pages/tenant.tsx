// One tenant: whether it serves, how it does, what it runs, and its settings.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { ofNodes } from "../base/nodes.ts";
import { to } from "../base/router.ts";
import { bytes, count, ms, percent, safe, safeLines } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Confirm } from "../parts/confirm.tsx";
import { lazy } from "../parts/lazy.tsx";
import { MayButton } from "../parts/may.tsx";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { State } from "../parts/state.tsx";
import { Loaded } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { TrafficCharts } from "../parts/traffic-charts.tsx";
import type { Series, Tenant, Traffic, Usage } from "../types.ts";
import type { PageProps } from "./props.ts";

const EVERY_MS = 5_000;

const Limits = lazy(async () => (await import("../parts/limits.tsx")).Limits);

export function TenantPage({ tenant }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const api = useApi<Tenant>(base, EVERY_MS, "change", "faults");
  const series = useApi<Series>(ofNodes(`${base}/series`), EVERY_MS, "tick");
  const usage = useApi<Usage>(ofNodes(`${base}/usage`), EVERY_MS, "tick");
  const traffic = useApi<Traffic>(`${base}/traffic`, EVERY_MS, "change");
  return (
    <Loaded api={api}>
      {(data) => (
        <>
          <Head tenant={data} reload={api.reload} />
          <NodeSwitch nodes={(usage.data ?? series.data)?.nodes} />
          <dl class="tiles">
            {usage.data !== null && <UsageTiles usage={usage.data} />}
            {traffic.data !== null && (
              <Tile name="Runs" value={versionsOf(traffic.data)}>
                <a href={to(["tenants", tenant, "versions"])}>versions</a>
              </Tile>
            )}
          </dl>
          <Loaded api={series}>{(shown) => <TrafficCharts series={shown} height={130} />}</Loaded>
          <Limits tenant={tenant} />
          <Settings tenant={data} />
        </>
      )}
    </Loaded>
  );
}

const versionsOf = ({ versions }: Traffic): string =>
  versions.length === 0
    ? "no script"
    : versions.map((one) => `v${one.version} ${one.percent} %`).join(", ");

function UsageTiles({ usage }: { usage: Usage }) {
  const { requests, errors, bytesReceived, bytesSent, scriptMs, logBytes } = usage;
  return (
    <>
      <Tile name="Requests since the start" value={count(requests)}>
        {bytes(bytesReceived)} in, {bytes(bytesSent)} out
      </Tile>
      <Tile name="Errors" value={percent(errors, requests)} isBad={errors > 0}>
        {count(errors)}
      </Tile>
      <Tile name="Script time" value={ms(scriptMs)}>
        {requests === 0 ? "" : `${ms(scriptMs / requests)} a request`}, {bytes(logBytes)} of log
      </Tile>
    </>
  );
}

function Head({ tenant, reload }: { tenant: Tenant; reload: () => void }) {
  const { name, state, reason, suspended } = tenant;
  const [isAsked, setIsAsked] = useState(false);
  const act = suspended ? "resume" : "suspend";
  return (
    <div class="head">
      <State state={state} /> <span>{safe(reason)}</span>
      <MayButton
        least="operator"
        class={suspended ? "main" : "danger"}
        onClick={() => setIsAsked(true)}
      >
        {suspended ? "Resume…" : "Suspend…"}
      </MayButton>
      {isAsked && (
        <Confirm
          title={suspended ? `Resume ${name}` : `Suspend ${name}`}
          action={suspended ? "Resume" : "Suspend"}
          isDangerous={!suspended}
          expected={suspended ? "" : name}
          said={suspended ? `${name} serves again.` : `${name} is suspended: nobody is served.`}
          close={() => setIsAsked(false)}
          run={async () => {
            await call(`/tenants/${encodeURIComponent(name)}/${act}`, { method: "POST" });
            reload();
          }}
        >
          <p>
            {suspended
              ? "Its requests are served again, by every worker."
              : "Every request of its hosts is answered 503 from now on. What is under way ends."}
          </p>
        </Confirm>
      )}
    </div>
  );
}

function Settings({ tenant: { settings, origin } }: { tenant: Tenant }) {
  const text = JSON.stringify(settings, null, 2);
  return (
    <details class="settings">
      <summary>
        Settings, from {origin === "file" ? "sluice.yaml, where they are changed" : "the API"}
      </summary>
      <div class="code-box" tabIndex={0} role="region" aria-label="Settings">
        <pre>{safeLines(text)}</pre>
      </div>
    </details>
  );
}
