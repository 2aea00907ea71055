// What is decided of a request that is explained before any script of its tenant: by the very code
// by which a worker decides (downstream/decide.ts), of the configuration, and nothing is counted.

import type { RouteConfig } from "../../base/config/policy/types.ts";
import type { Config } from "../../base/config/types.ts";
import type { LiveTenant } from "../../control/live.ts";
import { type Challenge, Challenges } from "../../downstream/acme/challenges.ts";
import {
  type DecidedSender,
  type DecidedTenant,
  decide,
  endedHere,
} from "../../downstream/decide.ts";
import { Forwarder, type Forwarding, TrustedProxies } from "../../downstream/forwarded.ts";
import { type Decision, Policy } from "../../downstream/policy/policy.ts";
import { AMBIGUOUS, RouteTable } from "../../downstream/policy/route-table.ts";
import { clientPolicy } from "../../downstream/tls/owner.ts";
import type { RequestHead } from "../../http1/messages.ts";

export interface DeciderParts {
  readonly config: Pick<Config, "limits" | "trustedProxies">;
  /** Our name in Via. */
  readonly pseudonym: string;
  /** What authorities are answered, whose orders are under way. */
  readonly challenges: readonly Challenge[];
}

type Forwarded = Forwarding<DecidedSender>;

/** Of a tenant: the dearest there is to make, so made once. */
interface Made {
  readonly decided: DecidedTenant;
  readonly routes: RouteTable<RouteConfig>;
}

export class Decider {
  readonly #parts: DeciderParts;
  readonly #made = new Map<LiveTenant, Made>();
  readonly #forwarder: Forwarder;
  readonly #challenges = new Challenges();

  constructor(parts: DeciderParts) {
    this.#parts = parts;
    const { config, pseudonym, challenges } = parts;
    this.#forwarder = new Forwarder(new TrustedProxies(config.trustedProxies), pseudonym);
    // the others are answered in a handshake: no request is sent for them
    this.#challenges.hold(challenges.filter(({ type }) => type === "http-01"));
  }

  forward(head: RequestHead, sender: DecidedSender): Forwarded {
    return this.#forwarder.forward(head, sender);
  }

  /** To an authority, ahead of everything else; null: it is a request like any other. */
  challenge(head: RequestHead): Decision | null {
    return this.#challenges.answer(head);
  }

  /** @param tenant  whose host it is; null: nobody's */
  decide(tenant: LiveTenant | null, head: RequestHead, from: Forwarded): Decision {
    const decided = tenant === null ? null : this.#madeOf(tenant).decided;
    const bodyBytesMax = this.#parts.config.limits.bodyBytes;
    const [challenges, forwarder] = [this.#challenges, this.#forwarder];
    return endedHere(decide(decided, head, from, { challenges, forwarder, bodyBytesMax }), head);
  }

  /** The same when the request that was passed on comes in again, by whatever way. */
  decideAgain(tenant: LiveTenant, head: RequestHead): Decision {
    const via = `1.1 ${this.#parts.pseudonym}`;
    const again = { ...head, noted: { ...head.noted, via } };
    return this.decide(tenant, again, this.forward(again, OURSELVES));
  }

  /** Null: it takes none, or nobody knows which. */
  routeOf(tenant: LiveTenant, head: RequestHead): RouteConfig | null {
    const found = this.#madeOf(tenant).routes.find(head);
    return found === AMBIGUOUS ? null : found;
  }

  #madeOf(tenant: LiveTenant): Made {
    const known = this.#made.get(tenant);
    if (known !== undefined) return known;
    const routes = new RouteTable(tenant.config.policy?.routes ?? []);
    const made = { decided: decidedOf(tenant), routes };
    this.#made.set(tenant, made);
    return made;
  }
}

const OURSELVES: DecidedSender = {
  ...{ address: "127.0.0.1", port: 0, tls: false, isHttp2: false, lines: null },
  secure: null,
};

/** Without limits, of which nothing is to be taken. */
function decidedOf({ id, config, scripts }: LiveTenant): DecidedTenant {
  const { policy, clientCertificates } = config;
  return {
    id,
    clients: clientPolicy(id, clientCertificates),
    policy: policy === null ? null : new Policy(policy, { groups: new Map(), limits: null }),
    isSuspended: scripts.isSuspended,
    requestsMax: Number.POSITIVE_INFINITY,
    holders: { count: 0 },
  };
}
