// Captured requests on another version of the script: of the history, or an upload; and as a gate
// before a deployment takes traffic.

import type { TenantConfig } from "../../base/config/types.ts";
import type { CaptureChoice, CapturesAccess } from "../captures-access.ts";
import type { Live, LiveTenant } from "../live.ts";
import type { CapturedRequest, Replay, Replayed } from "../replay.ts";
import type { Store } from "../store/store.ts";
import { DeployError, invalid } from "./deploy-error.ts";
import { liveAmong } from "./traffic.ts";
import { type Built, type BundleUpload, build, type Upload } from "./upload.ts";

export interface ReplaysParts {
  readonly store: Pick<Store, "deployment">;
  readonly live: Pick<Live, "tenants">;
  readonly bundle: BundleUpload;
  readonly captures: Pick<CapturesAccess, "toReplay">;
  readonly replay: Replay;
}

export interface ReplayWish {
  readonly tenant: string;
  readonly which: CaptureChoice;
  /** Of the history; null: what serves. */
  readonly version: number | null;
  /** In place of a version; null: none. */
  readonly upload: Upload | null;
}

type Script = Pick<Built, "code" | "map">;

const SHOWN = 5;

export class Replays {
  readonly #parts: ReplaysParts;

  constructor(parts: ReplaysParts) {
    this.#parts = parts;
  }

  /** Throws DeployError. */
  async replay({ tenant, which, version, upload }: ReplayWish): Promise<readonly Replayed[]> {
    const { live, captures, bundle } = this.#parts;
    const found = liveAmong(live.tenants(), tenant);
    const script =
      upload === null
        ? await this.#scriptOf(found, version)
        : await build(upload, { tenant, bundle });
    return await this.#run(script, found.config, captures.toReplay(found.id, which));
  }

  /** Throws DeployError if the newest requests that ended well are answered differently. */
  async expectSame(
    built: Built,
    { id, config }: Pick<LiveTenant, "id" | "config">,
    last: number,
  ): Promise<void> {
    if (last === 0) return;
    const captures = this.#parts.captures.toReplay(id, { last, isWell: true });
    if (captures.length === 0) {
      const text =
        "expected captured requests that ended well, got none: see sluice capture start --help";
      throw invalid("replay", [about(built.entry, text)]);
    }
    const replayed = await this.#run(built, config, captures);
    const bad = replayed.filter(({ result }) => result !== "same");
    if (bad.length === 0) return;
    const more = bad.length > SHOWN ? [`and ${bad.length - SHOWN} more`] : [];
    const texts = [...bad.slice(0, SHOWN).map((one) => textOf(one, captures)), ...more];
    throw invalid(
      "replay",
      texts.map((text) => about(built.entry, text)),
    );
  }

  async #run(
    { code, map }: Script,
    tenant: TenantConfig,
    captures: readonly CapturedRequest[],
  ): Promise<readonly Replayed[]> {
    const lacking = captures.filter(({ record }) => record.gap !== null);
    const whole = captures.filter(({ record }) => record.gap === null);
    const replayed =
      whole.length === 0 ? [] : await this.#parts.replay({ code, map, tenant, captures: whole });
    return [...replayed, ...lacking.map(lackingOf)];
  }

  async #scriptOf({ config, scripts }: LiveTenant, version: number | null): Promise<Script> {
    const serving = scripts.versions.toSorted((one, two) => two.percent - one.percent);
    const found =
      version === null
        ? serving[0]
        : (serving.find((one) => one.version === version) ??
          (await this.#parts.store.deployment(config.name, version)));
    if (found !== undefined && found !== null) return found;
    const text =
      version === null ? "no version serves" : `there is no version ${version}, or it was pruned`;
    throw new DeployError({ step: "replay", fault: "missing" }, text);
  }
}

const about = (file: string, text: string) => ({ file, line: 1, column: 1, text });

const lackingOf = ({ id, record }: CapturedRequest): Replayed => ({
  ...{ id, result: "failed", difference: null },
  reason: `the record lacks ${record.gap}`,
});

function textOf(
  { id, difference, reason }: Replayed,
  captures: readonly CapturedRequest[],
): string {
  const request = captures.find((one) => one.id === id)?.record.request;
  const what = `capture ${id} (${request?.method} ${request?.target.slice(0, 100)})`;
  if (difference === null) return `${what}: ${reason}`;
  const { part, was, is } = difference;
  return `${what}: ${part}: was ${was}, is ${is}`;
}
