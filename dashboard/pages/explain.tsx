// What would become of a request, without sending it: for who wonders whose it is, which version it
// gets, or why it is refused.

import { useState } from "preact/hooks";
import { call, Problem } from "../base/api.ts";
import { to } from "../base/router.ts";
import { safe } from "../base/text.ts";
import { Failed } from "../parts/states.tsx";
import type { ExplainedVersion, Explanation } from "../types.ts";
import type { PageProps } from "./props.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly client: string;
  readonly headers: string;
}

/** A line each: `Name: value`. */
function headersOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

export function ExplainPage({ tenant }: PageProps) {
  const [asked, setAsked] = useState<Asked>({ method: "GET", url: "", client: "", headers: "" });
  const [told, setTold] = useState<Explanation | Problem | null>(null);
  const set = (change: Partial<Asked>): void => setAsked({ ...asked, ...change });
  const explain = async (): Promise<void> => {
    const { method, url, client, headers } = asked;
    const path = tenant === "" ? "/explain" : `/tenants/${encodeURIComponent(tenant)}/explain`;
    const own = client.trim() === "" ? {} : { client: client.trim() };
    const body = { method, url: url.trim(), headers: headersOf(headers), ...own };
    try {
      setTold((await call<Explanation>(path, { method: "POST", body })).body);
    } catch (thrown) {
      setTold(thrown instanceof Problem ? thrown : new Problem(0, String(thrown)));
    }
  };
  return (
    <>
      <form
        class="explain"
        onSubmit={(event) => {
          event.preventDefault();
          void explain();
        }}
      >
        <label>
          Method{" "}
          <select
            value={asked.method}
            onChange={(event) => set({ method: event.currentTarget.value })}
          >
            {METHODS.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        <label class="wide">
          URL{" "}
          <input
            required
            value={asked.url}
            placeholder="https://shop.example.com/cart"
            onInput={(event) => set({ url: event.currentTarget.value })}
          />
        </label>
        <label>
          Client's address{" "}
          <input
            size={16}
            value={asked.client}
            placeholder="127.0.0.1"
            onInput={(event) => set({ client: event.currentTarget.value })}
          />
        </label>
        <label class="whole">
          Header fields, a line each{" "}
          <textarea
            rows={3}
            value={asked.headers}
            placeholder="Cookie: id=7"
            onInput={(event) => set({ headers: event.currentTarget.value })}
          />
        </label>
        <button type="submit" class="main">
          Explain
        </button>
        <span class="muted">Nothing is sent, and nothing is taken of any limit.</span>
      </form>
      <div aria-live="polite">
        {told instanceof Problem && <Failed problem={told} retry={() => void explain()} />}
        {told !== null && !(told instanceof Problem) && <Told told={told} />}
      </div>
    </>
  );
}

function Told({ told }: { told: Explanation }) {
  const { tenant, client, route, end, version, layer, upstream, loop, reasons } = told;
  const isBad = loop !== null || (end !== null && end.status >= 400);
  const rows: readonly (readonly [string, string])[] = [
    ["Client", client],
    ["Route", route === null ? "" : `${route.host === "*" ? "" : route.host}${route.path}`],
    ["Operator's script", versionText(layer)],
    ["Script", versionText(version)],
    ["Upstream", upstream === null ? "" : `${upstream.group}, ${upstream.balance}`],
    ...(upstream?.peers ?? []).map(({ address, state, active }) => {
      return ["Peer", `${address}: ${state}, ${active} under way`] as const;
    }),
  ];
  return (
    <>
      <div class={isBad ? "outcome bad" : "outcome"}>
        <b>{outcomeOf(told)}</b>{" "}
        {tenant === null ? (
          end?.code === "unknown_host" && "nobody's request"
        ) : (
          <a href={to(["tenants", tenant])}>{safe(tenant)}</a>
        )}
        {end?.code != null && <code>{safe(end.code)}</code>}
        {end?.location != null && <p class="code">{safe(end.location)}</p>}
        {loop !== null && <p>{LOOPS[loop]}</p>}
      </div>
      <dl class="facts">
        {rows
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={`${name} ${value}`}>
              <dt>{name}</dt>
              <dd class="code">{safe(value)}</dd>
            </div>
          ))}
      </dl>
      <h2>Why</h2>
      <ol>
        {reasons.map((reason) => (
          <li key={reason}>{safe(reason)}</li>
        ))}
      </ol>
    </>
  );
}

const LOOPS = {
  redirect: "A client that follows it is redirected for ever.",
  upstream: "Its upstream is this proxy: it comes back.",
} as const;

function outcomeOf({ tenant, end }: Explanation): string {
  if (end !== null) return end.status === 0 ? "no answer" : String(end.status);
  return tenant === null ? "not a request of this tenant" : "goes on";
}

function versionText(version: ExplainedVersion | null): string {
  if (version === null) return "";
  const { version: number, percent, outOfService, hooks } = version;
  const name = number === 0 ? "of the file" : `version ${number}`;
  if (outOfService !== "") return `${name}, ${percent} %, out of service: ${outOfService}`;
  const names = hooks === null || hooks.length === 0 ? "" : `: ${hooks.join(", ")}`;
  return `${name}, ${percent} %${names}`;
}
