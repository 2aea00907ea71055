// Says what would become of a request, by the same code and in the same order as a worker decides
// (downstream/begin.ts), of tables that are made anew of what serves, once for each question: this
// is for a person who asks now and then.

import type { Address } from "../../base/config/address.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import type { RouteConfig } from "../../base/config/policy/types.ts";
import { SluiceError } from "../../base/errors.ts";
import type {
  ExplainAccess,
  ExplainedRequest,
  ExplainedVersion,
  Explanation,
} from "../../control/api/explain.ts";
import type { LiveTenant } from "../../control/live.ts";
import type { UpstreamsAccess } from "../../control/upstreams-access.ts";
import type { Challenge } from "../../downstream/acme/challenges.ts";
import type { DecidedSender } from "../../downstream/decide.ts";
import { HostTable } from "../../downstream/policy/host-table.ts";
import { type Decision, isChallenge } from "../../downstream/policy/policy.ts";
import type { RequestHead } from "../../http1/messages.ts";
import { fieldOf } from "../../wire/headers.ts";
import { Connections, leadsHere } from "./explained-connection.ts";
import { Decider } from "./explained-decision.ts";
import { headOf } from "./explained-head.ts";
import { redirectLoop } from "./explained-loops.ts";
import { refuses, type VersionParts, versionFor, versionReason } from "./explained-version.ts";
import type { FleetLive } from "./live/live.ts";

export interface ExplainParts extends VersionParts {
  readonly live: Pick<FleetLive, "config" | "tenants" | "tenant">;
  readonly peers: Pick<UpstreamsAccess, "of">;
  /** Our name in Via. */
  readonly pseudonym: string;
  readonly listening: () => readonly Address[];
  /** What authorities are answered, whose orders are under way. */
  readonly challenges: () => readonly Challenge[];
}

interface Claim {
  readonly pattern: string;
  readonly tenant: LiveTenant;
}

/** What serves at the moment of the question; redirects that are followed go by the same. */
interface Tables {
  readonly hosts: HostTable<Claim>;
  readonly connections: Connections;
  readonly decider: Decider;
}

/** A request, who sends it, and who decides about it. */
interface Come {
  readonly head: RequestHead;
  readonly sender: DecidedSender;
  readonly decider: Decider;
}

/** Of whom a request is, who asks, and what is decided of it. */
interface Asked extends Claim {
  readonly head: RequestHead;
  /** Of the client, as trusted proxies say. */
  readonly address: string;
  readonly decider: Decider;
}

/** The operator's script around it. */
interface Layer {
  readonly version: ExplainedVersion | null;
  readonly isOut: boolean;
}

const NOTHING: Explanation = {
  ...{ tenant: null, host: null, client: "", route: null, end: null },
  ...{ version: null, layer: null, upstream: null, loop: null, reasons: [] },
};

const CHALLENGE = "a certificate is being ordered: its authority is answered";
const NO_CHALLENGE = "no order of a certificate asks for this path: it is one like any other";

export class Explainer implements ExplainAccess {
  readonly #parts: ExplainParts;

  constructor(parts: ExplainParts) {
    this.#parts = parts;
  }

  readonly explain = async (
    request: ExplainedRequest,
    only: string | null,
  ): Promise<Explanation> => {
    const tables = this.#tables();
    const once = (next: ExplainedRequest) => this.#once(next, only, tables);
    const told = await once(request);
    const back = await redirectLoop(request, told, once);
    return back === null ? told : { ...told, loop: "redirect", reasons: [...told.reasons, back] };
  };

  #tables(): Tables {
    const { live, listening, pseudonym, challenges } = this.#parts;
    const { config } = live;
    const hosts = hostTable(live.tenants());
    const ownerOf = (host: string): LiveTenant | null => hosts.find(host)?.tenant ?? null;
    const { listeners } = config;
    return {
      hosts,
      connections: new Connections({ listeners, listening: listening(), ownerOf }),
      decider: new Decider({ config, pseudonym, challenges: challenges() }),
    };
  }

  async #once(
    request: ExplainedRequest,
    only: string | null,
    { hosts, connections, decider }: Tables,
  ): Promise<Explanation> {
    const { client } = request;
    try {
      const head = headOf(request, this.#parts.live.config);
      const claim = hosts.find(head.host);
      if (only !== null && claim?.tenant.config.name !== only) {
        return { ...NOTHING, client, reasons: ["this request is not one of this tenant's"] };
      }
      const come = { head, sender: senderOf(request, connections), decider };
      return claim === null ? this.#ofNobody(come) : await this.#ofTenant(claim, come);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      return { ...NOTHING, client, end: endOf(thrown), reasons: [thrown.message] };
    }
  }

  #ofNobody({ head, sender, decider }: Come): Explanation {
    const from = decider.forward(head, sender);
    const asked = decider.challenge(head);
    const { error, answer } = asked ?? decider.decide(null, head, from);
    const end = answer === null ? endOf(error ?? new SluiceError("unknown_host")) : endBy(answer);
    const unknown = `no tenant has the host ${head.host}`;
    const why = error === null || error.code === "unknown_host" ? unknown : error.message;
    return { ...NOTHING, client: sender.address, end, reasons: [asked === null ? why : CHALLENGE] };
  }

  async #ofTenant(claim: Claim, { head, sender, decider }: Come): Promise<Explanation> {
    const { pattern, tenant } = claim;
    const from = decider.forward(head, sender);
    const { clientAddress: address } = from;
    const own = { ...NOTHING, tenant: tenant.config.name, host: pattern, client: address };
    const challenge = decider.challenge(head);
    // ahead of everything else, the operator's script too
    if (challenge !== null) return { ...own, end: endBy(challenge.answer), reasons: [CHALLENGE] };
    const asked = { ...claim, head, address, decider };
    const layer = await this.#layer(asked);
    const decided = decider.decide(tenant, head, from);
    const error = layer?.isOut ? new SluiceError("script_disabled") : decided.error;
    const route = decider.routeOf(tenant, head);
    const reasons = [
      `the host ${head.host} is one of ${tenant.config.name}: ${pattern}`,
      ...(address === sender.address ? [] : [`the client is ${address}, as a trusted proxy says`]),
      ...(isChallenge(head) ? [NO_CHALLENGE] : []),
      route === null ? "no route takes it" : `the route ${route.path} takes it`,
    ];
    const shown = route === null ? null : shownRoute(route);
    const begun = { ...own, route: shown, layer: layer?.version ?? null, reasons };
    if (error !== null) {
      return { ...begun, end: endOf(error), reasons: [...reasons, error.message] };
    }
    if (decided.answer !== null) {
      const end = endBy(decided.answer);
      return { ...begun, end, reasons: [...reasons, "the configuration answers it"] };
    }
    return await this.#goingOn(begun, asked, route);
  }

  /** To the script, and then to an upstream. */
  async #goingOn(
    begun: Explanation,
    asked: Asked,
    route: RouteConfig | null,
  ): Promise<Explanation> {
    const { id, config } = asked.tenant;
    const version = await versionFor(asked.tenant, asked, this.#parts);
    const whyOut = version?.outOfService ?? "";
    const out = whyOut === "" ? [] : [`it is out of service: ${whyOut}`];
    const reasons = [...begun.reasons, versionReason(version, asked.tenant), ...out];
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
    const to = [...reasons, `${from} upstream: ${found.name}`];
    const back = this.#onReturn(asked, peers);
    if (back === null) return { ...begun, version, upstream, reasons: to };
    return { ...begun, version, upstream, loop: "upstream", reasons: [...to, back] };
  }

  /** Why it would be refused when an upstream has passed it back; null: none is this proxy. */
  #onReturn({ decider, tenant, head }: Asked, peers: readonly { readonly address: string }[]) {
    const listening = this.#parts.listening();
    if (!peers.some(({ address }) => leadsHere(address, listening))) return null;
    const { error } = decider.decideAgain(tenant, head);
    if (error?.code !== "loop_detected") return null;
    return `a peer of it is this proxy itself, which refuses what comes back: ${error.message}`;
  }

  async #layer(asked: Asked): Promise<Layer | null> {
    const tenant = this.#parts.live.tenant(OPERATOR);
    if (tenant === undefined) return null;
    const version = await versionFor(tenant, asked, this.#parts);
    return { version, isOut: refuses(version, tenant.config) };
  }
}

function senderOf(
  { url: text, client }: ExplainedRequest,
  connections: Connections,
): DecidedSender {
  const url = new URL(text);
  const tls = url.protocol === "https:";
  const secure = connections.for(url);
  return { address: client, port: 0, tls, isHttp2: false, lines: null, secure };
}

const LOCATION = "location";

const hostTable = (tenants: readonly LiveTenant[]): HostTable<Claim> =>
  new HostTable(
    tenants.flatMap((tenant) =>
      tenant.config.hosts.map((pattern) => ({ pattern, owner: { pattern, tenant } })),
    ),
  );

const shownRoute = ({ path, isExact: exact, host, methods }: RouteConfig) => {
  return { path, exact, host, methods };
};

const endOf = ({ code, kind }: SluiceError) => ({ status: kind.status, code, location: null });

const endBy = (answer: Decision["answer"]) =>
  answer === null
    ? null
    : { status: answer.status, code: null, location: fieldOf(answer.headers, LOCATION) };
