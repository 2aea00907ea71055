// Which hooks a version turned out to have when the workers started it.

import type { FoundHooks } from "../../../control/deploy/history.ts";
import { hooksOf } from "../../../wire/phases.ts";
import type { Generation } from "../../shared/messages.ts";

/** @param masks  by the hash of a script, of what a worker has prepared for this generation */
export const foundHooks =
  ({ tenants }: Generation, masks: ReadonlyMap<string, number>): FoundHooks =>
  (tenant, version) => {
    const spec = tenants.find(({ config }) => config.name === tenant);
    const script = spec?.scripts.find((one) => one.version === version);
    return hooksOf(masks.get(script?.hash ?? "") ?? 0);
  };
