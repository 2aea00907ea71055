// A deployment on its way from an upload to its first request:
//
//   policy ─▶ bundle ─▶ start ─▶ smoke ─▶ replay ─▶ prepared on every worker ─▶ traffic, stored
//
// A failure at any step leaves what serves as it is, and says which step it was; nothing remains of
// what failed.

import type { TenantConfig } from "../../base/config/types.ts";
import { bundleOver } from "../bundle-limits.ts";
import type { BundleProblem } from "../bundle-problem.ts";
import type { Live } from "../live.ts";
import type { SmokeRequest } from "../store/smoke-request.ts";
import type { Store } from "../store/store.ts";
import type { ValidateBundle, Validation } from "../validate.ts";
import { DeployError, invalid } from "./deploy-error.ts";
import { lostHooks } from "./lost-hooks.ts";
import { missingSecrets } from "./missing-secrets.ts";
import type { Rehearse } from "./rehearsal.ts";
import type { Replays } from "./replays.ts";
import { withNewVersion } from "./shares.ts";
import { liveAmong, setTrafficOf, type TrafficChanged } from "./traffic.ts";
import { type Built, type BundleUpload, build, type Upload } from "./upload.ts";

export interface DeployerParts {
  readonly store: Store;
  readonly live: Live;
  readonly bundle: BundleUpload;
  readonly validate: ValidateBundle;
  readonly rehearse: Rehearse;
  readonly replays: Pick<Replays, "expectSame">;
  /** Told of each deployment: `live`, `dry run`, or the step at which it failed. */
  readonly onEnd: (tenant: string, result: string) => void;
}

export interface DeployRequest {
  readonly tenant: string;
  readonly upload: Upload;
  readonly message: string;
  /** Of the tenant's clients; 0: testers only. */
  readonly percent: number;
  readonly smoke: readonly SmokeRequest[];
  /** So many captured requests that ended well must be answered as they were. */
  readonly replay: number;
  /** Everything but to store it and to serve it. */
  readonly isDryRun: boolean;
  /** For the history and the audit log. */
  readonly author: string;
}

export interface Deployed {
  /** Null: it was a dry run. */
  readonly version: number | null;
  /** Of the store, by it; 0: it was a dry run. */
  readonly revision: number;
  readonly sha256: string;
  readonly hooks: readonly string[];
  readonly bytes: number;
  /** Of the processor, that its top level took. */
  readonly startupMs: number;
  readonly warnings: readonly BundleProblem[];
}

type Started = Extract<Validation, { readonly ok: true }>;

export class Deployer {
  readonly #parts: DeployerParts;

  constructor(parts: DeployerParts) {
    this.#parts = parts;
  }

  /** Throws DeployError or StoreError; what served goes on. */
  async deploy(request: DeployRequest): Promise<Deployed> {
    const { onEnd } = this.#parts;
    try {
      const made = await this.#deploy(request);
      onEnd(request.tenant, made.version === null ? "dry run" : "live");
      return made;
    } catch (thrown) {
      const isUnknown = thrown instanceof DeployError && thrown.fault === "missing";
      // a name that nobody has must not become a series of a metric
      if (!isUnknown) onEnd(request.tenant, thrown instanceof DeployError ? thrown.step : "store");
      throw thrown;
    }
  }

  async #deploy(request: DeployRequest): Promise<Deployed> {
    const { bundle, store, live } = this.#parts;
    const { id, config, scripts } = liveAmong(live.tenants(), request.tenant);
    const built = await build(request.upload, { tenant: config.name, bundle });
    const { hooks, startedMs: startupMs } = await this.#tryStart(built, config);
    await this.#trySmoke(built, config, request.smoke);
    await this.#parts.replays.expectSame(built, { id, config }, request.replay);
    const { sha256, bytes } = built;
    const lost = await lostHooks(store, { tenant: config.name, hooks }, scripts);
    const slow = slowStart(startupMs, config.limits.startupMs);
    const doubts = [lost, slow].filter((text) => text !== null);
    const secrets = new Set((await store.secrets(config.name)).map(({ name }) => name));
    const warnings = [
      ...built.warnings,
      ...doubts.map((text) => about(built, text)),
      ...missingSecrets(built, config.name, secrets),
    ];
    const made = { sha256, bytes, startupMs, warnings, hooks };
    if (request.isDryRun) return { version: null, revision: 0, ...made };
    const { version, revision } = await this.#bringLive(request, { ...built, hooks, id });
    return { version, revision, ...made };
  }

  async #tryStart(built: Built, { name, limits, env }: TenantConfig): Promise<Started> {
    const { memoryMiB, startupMs, bundleBytes } = limits;
    const over = bundleOver(built.bytes, bundleBytes);
    if (over !== null) {
      throw invalid("bundle", [about(built, over)]);
    }
    const bundle = { ...built, tenant: name };
    const validation = await this.#parts.validate(bundle, { memoryMiB, startupMs, env });
    if (!validation.ok) throw invalid("start", validation.errors);
    const kept = keptProblem(validation.bodies, limits.bufferedBodyBytes);
    if (kept !== null) {
      throw invalid("start", [about(built, kept)]);
    }
    // a hook that is misspelt would never run: nobody wants that to be live
    if (validation.warnings.length > 0) throw invalid("start", validation.warnings);
    return validation;
  }

  async #trySmoke(
    { code, map, entry }: Built,
    tenant: TenantConfig,
    requests: readonly SmokeRequest[],
  ): Promise<void> {
    if (requests.length === 0) return;
    const failures = await this.#parts.rehearse({ code, map, tenant, requests });
    if (failures.length === 0) return;
    const problems = failures.map(({ index, text }) => ({
      file: entry,
      line: 1,
      column: 1,
      text: `smoke request ${JSON.stringify(requests[index]?.name)}: ${text}`,
    }));
    throw invalid("smoke", problems);
  }

  /** Under the change lock: whoever deploys to the same tenant meanwhile comes before or after. */
  async #bringLive(
    request: DeployRequest,
    { id, ...built }: Built & { readonly hooks: readonly string[]; readonly id: string },
  ): Promise<TrafficChanged> {
    const { store, live } = this.#parts;
    const { tenant, percent, author, message, smoke } = request;
    const { warnings: _, ...rest } = built;
    const detail = { sha256: built.sha256, percent, message };
    return await setTrafficOf(
      { store, live },
      {
        tenant,
        deployment: { ...rest, tenant, origin: "api", author, message, smoke },
        async traffic(now, made) {
          expectSame(live, tenant, id);
          expectOther(live, tenant, built.code);
          if (percent < 100 && now.versions.every((share) => share.percent === 0)) {
            const text = "expected 100 percent, since there is no other version to share with";
            throw new DeployError({ step: "traffic", fault: "invalid" }, text);
          }
          return { ...now, versions: withNewVersion(now.versions, made, percent) };
        },
        audit: (_next, made) =>
          ["deployment.create", "traffic.set"].map((action) => {
            return { actor: author, action, tenant, target: `version ${made}`, detail };
          }),
      },
    );
  }
}

/** Of the script as a whole. */
const about = ({ entry }: Pick<Built, "entry">, text: string): BundleProblem => ({
  file: entry,
  line: 1,
  column: 1,
  text,
});

/** It was tried with what another tenant of that name has, and was meant for that one. */
function expectSame(live: Live, tenant: string, id: string): void {
  if (liveAmong(live.tenants(), tenant).id === id) return;
  const text = "the tenant was deleted meanwhile, and another one has its name";
  throw new DeployError({ step: "traffic", fault: "missing" }, text);
}

/** Null: there is enough left for a machine that is slower. */
function slowStart(tookMs: number, mostMs: number): string | null {
  if (tookMs <= SLOW_SHARE * mostMs) return null;
  const took = `its top level took ${tookMs} of ${mostMs} ms of the processor (limits.startupMs)`;
  return `${took}: on a slower machine it may not start`;
}

const SLOW_SHARE = 0.5;

/** What a tenant's processes died of is not tried for being uploaded once more. */
function expectOther(live: Live, tenant: string, code: string): void {
  const breaker = live.processesOf(tenant)?.breaker;
  if (breaker !== "open" && breaker !== "disabled") return;
  const found = live.tenants().find(({ config }) => config.name === tenant);
  const serving = found?.scripts.versions.filter(({ percent }) => percent > 0) ?? [];
  if (serving.length === 0 || serving.some((one) => one.code !== code)) return;
  const text = "the tenant's processes are out of service, and died of this very script";
  throw new DeployError({ step: "traffic", fault: "conflict" }, text);
}

/** Null: the script wants no larger bodies whole than its tenant may keep. */
function keptProblem(bodies: Readonly<Record<string, number>>, most: number): string | null {
  const [side, bytes] = Object.entries(bodies).find(([, wanted]) => wanted > most) ?? [];
  if (side === undefined) return null;
  const limit = `at most ${most} (limits.bufferedBodyBytes)`;
  return `bodies.${side}.bufferBytes: expected ${limit}, got ${bytes}`;
}
