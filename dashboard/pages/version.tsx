// One version: who made it, its sources, and what differs from another one.

import { useState } from "preact/hooks";
import { route, setQuery, to } from "../base/router.ts";
import { bytes, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { DiffView, FileView } from "../parts/diff-view.tsx";
import { State } from "../parts/state.tsx";
import { Loaded } from "../parts/states.tsx";
import type { DeploymentFiles, History } from "../types.ts";
import type { PageProps } from "./props.ts";

export function VersionPage({ tenant, name }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}/deployments`;
  const version = useApi<DeploymentFiles>(`${base}/${encodeURIComponent(name)}`);
  const history = useApi<History>(`${base}?limit=50`);
  const from = route.value.query.get("from") ?? "";
  const other = useApi<DeploymentFiles>(from === "" ? null : `${base}/${encodeURIComponent(from)}`);
  return (
    <Loaded api={version}>
      {(data) => (
        <>
          <p>
            <a href={to(["tenants", tenant, "versions"])}>All versions</a>
          </p>
          <About version={data} />
          <div class="filters">
            <label>
              Compare with{" "}
              <select
                value={from}
                onChange={(event) => setQuery({ from: event.currentTarget.value })}
              >
                <option value="">nothing: show the sources</option>
                {(history.data?.deployments ?? [])
                  .filter((one) => one.version !== data.version)
                  .map((one) => (
                    <option key={one.version} value={String(one.version)}>
                      v{one.version} {one.percent === null ? "" : `(${one.percent} %)`}
                    </option>
                  ))}
              </select>
            </label>
          </div>
          {from === "" ? (
            <Sources version={data} />
          ) : (
            <Loaded api={other}>
              {(old) => (
                <>
                  <h2>
                    What differs from v{old.version} to v{data.version}
                  </h2>
                  <DiffView old={old.files} fresh={data.files} />
                </>
              )}
            </Loaded>
          )}
        </>
      )}
    </Loaded>
  );
}

const About = ({ version }: { version: DeploymentFiles }) => (
  <dl class="facts wide">
    {[
      ["State", <State key="state" state={version.state} />],
      ["Share", version.percent === null ? "does not run" : `${version.percent} %`],
      ["Made", new Date(version.createdAt).toLocaleString()],
      ["By", safe(version.author)],
      ["Message", safe(version.message) || "–"],
      ["Hooks", version.hooks.join(", ") || "none"],
      ["Bundle", `${bytes(version.bytes)}, SHA-256 ${version.sha256.slice(0, 16)}…`],
    ].map(([name, value]) => (
      <div key={String(name)}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

function Sources({ version: { files, entry } }: { version: DeploymentFiles }) {
  const names = Object.keys(files).sort();
  const [name, setName] = useState(entry in files ? entry : (names[0] ?? ""));
  if (names.length === 0) return <p class="muted">It came without its sources.</p>;
  return (
    <section aria-label="Sources">
      <h2>Sources</h2>
      <fieldset class="segments">
        <legend class="hidden">File</legend>
        {names.map((one) => (
          <button key={one} type="button" aria-pressed={one === name} onClick={() => setName(one)}>
            {safe(one, 80)}
          </button>
        ))}
      </fieldset>
      <FileView name={name} text={files[name] ?? ""} />
    </section>
  );
}
