// Says what would become of a request, by the same tables and in the same order as a worker decides
// (downstream/begin.ts), made anew of what serves: this is for a person who asks now and then.

import { OPERATOR } from "../../base/config/operator.ts";
import type { RouteConfig } from "../../base/config/policy/types.ts";
import type { TenantConfig } from "../../base/config/types.ts";
import { SluiceError } from "../../base/errors.ts";
import type {
  ExplainAccess,
  ExplainedRequest,
  ExplainedVersion,
  Explanation,
} from "../../control/api/explain.ts";
import type { BreakerOf } from "../../control/deploy/enable.ts";
import type { LiveTenant, LiveVersion } from "../../control/live.ts";
import type { Store } from "../../control/store/store.ts";
import { unlessUnreachable } from "../../control/store/store-error.ts";
import type { UpstreamsAccess } from "../../control/upstreams-access.ts";
import { Forwarder, TrustedProxies } from "../../downstream/forwarded.ts";
import { HostTable } from "../../downstream/policy/host-table.ts";
import { Versions } from "../../downstream/versions.ts";
import type { RequestHead } from "../../http1/messages.ts";
import { fieldOf } from "../../wire/headers.ts";
import { decide, routeOf } from "./explained-decision.ts";
import { headOf } from "./explained-head.ts";
import type { FleetLive } from "./live/live.ts";

export interface ExplainParts {
  readonly live: Pick<FleetLive, "config" | "tenants" | "tenant">;
  readonly peers: Pick<UpstreamsAccess, "of">;
  readonly breakerOf: BreakerOf;
  /** Null: there is none, so nobody knows a version's hooks. */
  readonly store: Pick<Store, "deployment"> | null;
  readonly testerKey: (id: string) => string;
}

interface Claim {
  readonly pattern: string;
  readonly tenant: LiveTenant;
}

/** Of whom a request is, and who asks. */
interface Asked extends Claim {
  readonly head: RequestHead;
  /** Of the client, as trusted proxies say. */
  readonly address: string;
}

/** The operator's script around it. */
interface Layer {
  readonly version: ExplainedVersion | null;
  readonly isOut: boolean;
}

const NOTHING: Explanation = {
  ...{ tenant: null, host: null, client: "", route: null, end: null },
  ...{ version: null, layer: null, upstream: null, reasons: [] },
};

export class Explainer implements ExplainAccess {
  readonly #parts: ExplainParts;

  constructor(parts: ExplainParts) {
    this.#parts = parts;
  }

  readonly explain = async (
    request: ExplainedRequest,
    only: string | null,
  ): Promise<Explanation> => {
    try {
      return await this.#ofHead(headOf(request, this.#parts.live.config), request, only);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      return { ...NOTHING, client: request.client, end: endOf(thrown), reasons: [thrown.message] };
    }
  };

  async #ofHead(
    head: RequestHead,
    { url, client }: ExplainedRequest,
    only: string | null,
  ): Promise<Explanation> {
    const { live } = this.#parts;
    const claim = hostTable(live.tenants()).find(head.host);
    if (only !== null && claim?.tenant.config.name !== only) {
      return { ...NOTHING, client, reasons: ["this request is not one of this tenant's"] };
    }
    if (claim === null) {
      const end = endOf(new SluiceError("unknown_host"));
      const reasons = [`no tenant has the host ${head.host}`];
      return { ...NOTHING, client, end, reasons };
    }
    const { pattern, tenant } = claim;
    const sender = { address: client, port: 0, tls: isHttps(url), isHttp2: false, lines: null };
    const forwarder = new Forwarder(new TrustedProxies(live.config.trustedProxies), "explained");
    const { clientAddress: address } = forwarder.forward(head, sender);
    const isSecure = forwarder.isSecure(head, sender);
    const asked = { ...claim, head, address };
    const layer = await this.#layer(asked);
    const { error, answer } = decide(tenant, head, {
      ...{ address, isSecure, isLayerOut: layer?.isOut ?? false },
      bodyBytesMax: live.config.limits.bodyBytes,
    });
    const route = routeOf(tenant, head);
    const begun = {
      ...{ tenant: tenant.config.name, host: pattern, client: address },
      route: route === null ? null : shownRoute(route),
      layer: layer?.version ?? null,
    };
    const reasons = [
      `the host ${head.host} is one of ${tenant.config.name}: ${pattern}`,
      ...(address === client ? [] : [`the client is ${address}, as a trusted proxy says`]),
      route === null ? "no route takes it" : `the route ${route.path} takes it`,
    ];
    if (error !== null) {
      return { ...NOTHING, ...begun, end: endOf(error), reasons: [...reasons, error.message] };
    }
    if (answer !== null) {
      const end = {
        status: answer.status,
        code: null,
        location: fieldOf(answer.headers, LOCATION),
      };
      return { ...NOTHING, ...begun, end, reasons: [...reasons, "the configuration answers it"] };
    }
    return await this.#goingOn({ ...NOTHING, ...begun, reasons }, asked, route);
  }

  /** To the script, and then to an upstream. */
  async #goingOn(
    begun: Explanation,
    asked: Asked,
    route: RouteConfig | null,
  ): Promise<Explanation> {
    const { id, config } = asked.tenant;
    const version = await this.#version(asked);
    const whyOut = version?.outOfService ?? "";
    const out = whyOut === "" ? [] : [`it is out of service: ${whyOut}`];
    const reasons = [...begun.reasons, versionReason(version, asked), ...out];
    if (refuses(version, config)) {
      return { ...begun, version, end: endOf(new SluiceError("script_disabled")), reasons };
    }
    const group = route?.upstream ?? config.defaultUpstream;
    const found = this.#parts.peers.of(id).find(({ name }) => name === group) ?? null;
    if (found === null) {
      const end = version === null ? endOf(new SluiceError("no_route")) : null;
      const where = "no route and no default leads to an upstream";
      return { ...begun, version, end, reasons: [...reasons, where] };
    }
    const peers = found.peers.map(({ address, state, active }) => ({ address, state, active }));
    const from = route?.upstream == null ? "the default" : "the route's";
    const upstream = { group: found.name, balance: found.balance, peers };
    return {
      ...begun,
      version,
      upstream,
      reasons: [...reasons, `${from} upstream: ${found.name}`],
    };
  }

  async #layer(asked: Asked): Promise<Layer | null> {
    const tenant = this.#parts.live.tenant(OPERATOR);
    if (tenant === undefined) return null;
    const version = await this.#version({ ...asked, tenant });
    return { version, isOut: refuses(version, tenant.config) };
  }

  async #version({ tenant, head, address }: Asked): Promise<ExplainedVersion | null> {
    const { id, config, scripts } = tenant;
    const testerKey = this.#parts.testerKey(id);
    const dealt = new Versions<LiveVersion>({
      ...{ tenant: config.name, stickyBy: scripts.stickyBy, testerKey },
      versions: scripts.versions.map((one) => {
        return { number: one.version, percent: one.percent, deployment: one };
      }),
    });
    const [first = null] = scripts.versions;
    const isOnly = scripts.versions.length < 2;
    const found = isOnly ? first : dealt.pick(head, address);
    if (found === null) return null;
    const by = isOnly ? "only" : dealt.asked(head) === null ? "share" : "pass";
    const { version, percent } = found;
    const outOfService = this.#whyOut(config.name, found);
    return { version, percent, by, outOfService, hooks: await this.#hooks(config.name, version) };
  }

  #whyOut(tenant: string, { version, isDisabled, reason }: LiveVersion): string {
    if (isDisabled) return reason;
    const breaker = this.#parts.breakerOf(tenant, version);
    return breaker === "open" || breaker === "disabled" ? `its breaker is ${breaker}` : "";
  }

  async #hooks(tenant: string, version: number): Promise<readonly string[] | null> {
    const { store } = this.#parts;
    if (store === null) return null;
    return (await unlessUnreachable(store.deployment(tenant, version)))?.hooks ?? null;
  }
}

const LOCATION = "location";

const isHttps = (url: string): boolean => new URL(url).protocol === "https:";

const hostTable = (tenants: readonly LiveTenant[]): HostTable<Claim> =>
  new HostTable(
    tenants.flatMap((tenant) =>
      tenant.config.hosts.map((pattern) => ({ pattern, owner: { pattern, tenant } })),
    ),
  );

/** Whether it is out of service, and nothing goes on without it. */
const refuses = (version: ExplainedVersion | null, { onScriptError }: TenantConfig): boolean =>
  version !== null && version.outOfService !== "" && onScriptError === "fail-closed";

const shownRoute = ({ path, isExact: exact, host, methods }: RouteConfig) => {
  return { path, exact, host, methods };
};

const endOf = ({ code, kind }: SluiceError) => ({ status: kind.status, code, location: null });

const BY = { only: "it is the only one", pass: "a tester's pass asks for it" } as const;

function versionReason(version: ExplainedVersion | null, { tenant }: Asked): string {
  if (version === null) return "no script runs";
  if (version.by !== "share") return `version ${version.version}: ${BY[version.by]}`;
  const { stickyBy } = tenant.scripts;
  const by = stickyBy.kind === "address" ? "address" : `${stickyBy.kind} ${stickyBy.name}`;
  return `version ${version.version}, of ${version.percent} %: dealt by the client's ${by}`;
}
