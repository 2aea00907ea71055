// What a test runs, as a worker is told of it: an owner of a script, with one version of it.

import type { TenantConfig } from "../../base/config/types.ts";
import type { ScriptBundle, TenantSpec } from "../../fleet/shared/messages.ts";
import { LimitTable } from "../../state/limit-table.ts";
import { namesRateLimits } from "../../state/limit-tables.ts";
import { GroupControls } from "../../upstream/control/group-controls.ts";

/** An owner with its bundled script. */
export interface Owner {
  readonly config: TenantConfig;
  /** Null: it has none. */
  readonly script: ScriptBundle | null;
}

const VERSION = {
  version: 0,
  percent: 100,
  isDisabled: false,
  reason: "",
  isOfFile: true,
  hash: "",
};

/** Its requests come on no connection, so no client could show a certificate on theirs. */
export function ownerSpec({ config: own, script }: Owner, index: number): TenantSpec {
  const config = { ...own, clientCertificates: null };
  const { name, upstreams } = config;
  const isLimited = script !== null && namesRateLimits(script.code);
  return {
    ...{ id: name, config, index, hash: "" },
    scripts: script === null ? [] : [{ ...VERSION, bundle: script }],
    ...{ stickyBy: { kind: "address" }, isSuspended: false, testerKey: "" },
    rateLimits: isLimited ? LimitTable.make().buffers : null,
    groups: new GroupControls(1).prepare(name, upstreams),
  };
}
