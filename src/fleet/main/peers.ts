// The peers of all groups for the rest of the main thread: they are watched from here, an operator
// changes them by the admin API, and each change of how one stands is in the log and the metrics.

import { Deadlines, machineMs } from "../../base/clock.ts";
import type {
  GroupView,
  NewPeer,
  PeerChange,
  PeerPlace,
  PeerRefusal,
  PeerView,
  UpstreamsAccess,
} from "../../control/upstreams-access.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { type ControlledPeer, stateOf } from "../../upstream/control/controlled-peer.ts";
import type { GroupControls, ServedGroup } from "../../upstream/control/group-controls.ts";
import { NameSupervision } from "../../upstream/control/name-supervision.ts";
import { Supervision } from "../../upstream/control/supervision.ts";
import { planOf } from "../../upstream/group/configured.ts";
import { type MemberPlace, ownerOf } from "../../upstream/group/member.ts";
import { createTransport, type PeerTransport } from "../../upstream/transports.ts";

interface CheckingParts {
  readonly deadlines: Deadlines;
  readonly transport: PeerTransport;
}

export class Peers implements UpstreamsAccess {
  /** Tunnels with the peer are to end, in every worker. */
  cutOff: (place: MemberPlace) => void = () => {};
  readonly #controls: GroupControls;
  readonly #logger: Logger;
  /** Made for the first check: most proxies make none. */
  #checking: CheckingParts | null = null;
  readonly #supervision: Supervision;
  readonly #names: NameSupervision;

  constructor(controls: GroupControls, logger: Logger) {
    this.#controls = controls;
    this.#logger = logger;
    this.#supervision = new Supervision({
      controls,
      transport: () => this.#transport,
      peerOf: (config, address, as) => planOf(config, "").peerAt(address, as, null),
      cutOff: ({ id, control }, { address }) =>
        this.cutOff({ owner: ownerOf(id, control.name), address }),
      told: ({ state, reason, ...which }) => {
        const fields = reason === "" ? { ...which, state } : { ...which, state, reason };
        if (isUp(state)) logger.info(fields, "a peer's state has changed");
        else logger.warn(fields, "a peer's state has changed");
      },
    });
    this.#names = this.#watchNames();
  }

  /** What a name leads to is part of what serves. */
  #watchNames(): NameSupervision {
    return new NameSupervision({
      changed: (place, addresses) => {
        this.#logger.info({ ...place, addresses }, "a name has these addresses");
        this.#supervision.sync();
      },
      failed: (place, reason) =>
        this.#logger.warn({ ...place, reason }, "a name has no addresses: the last ones stay"),
    });
  }

  get #transport(): PeerTransport {
    if (this.#checking === null) {
      const deadlines = new Deadlines();
      this.#checking = { deadlines, transport: createTransport({ deadlines }) };
    }
    return this.#checking.transport;
  }

  /** What serves is another generation now. */
  serve(tenants: Parameters<GroupControls["serve"]>[0]): void {
    this.#controls.serve(tenants);
    this.#names.sync(this.#controls.served);
    this.#supervision.sync();
  }

  end(): void {
    this.#names.stop();
    this.#supervision.stop();
    this.#checking?.transport.destroyAll();
    this.#checking?.deadlines[Symbol.dispose]();
    this.#checking = null;
  }

  of(tenant: string): GroupView[] {
    return this.#controls.served.filter(({ id }) => id === tenant).map(viewOf);
  }

  change({ tenant, group, peer: address }: PeerPlace, change: PeerChange): PeerRefusal | null {
    const found = this.#controls.find(tenant, group);
    const peer = found?.control.peer(address) ?? null;
    if (found === null || peer === null) return "none";
    const { state, weight, drainMs } = change;
    const drainUntilMs = drainMs === undefined ? 0 : machineMs() + drainMs;
    const from = stateOf(peer);
    found.control.set(peer, {
      ...(state === undefined ? {} : { admin: state, isDrained: false, drainUntilMs }),
      ...(weight === undefined ? {} : { ownWeight: weight }),
    });
    const fields = { tenant: found.tenant, group, peer: address, from, state: stateOf(peer) };
    this.#logger.info(weight === undefined ? fields : { ...fields, weight }, "a peer was changed");
    this.#supervision.sync();
    return null;
  }

  add({ tenant, group, peer: address }: PeerPlace, peer: NewPeer): PeerRefusal | null {
    const found = this.#controls.find(tenant, group);
    if (found === null) return "none";
    if (found.control.peer(address) !== null) return "there";
    if (!found.control.add({ address, ...peer })) return "full";
    this.#logger.info({ tenant: found.tenant, group, peer: address, ...peer }, "a peer was added");
    this.#supervision.sync();
    return null;
  }

  remove({ tenant, group, peer: address }: PeerPlace): PeerRefusal | null {
    const found = this.#controls.find(tenant, group);
    if (found?.control.peer(address) == null) return "none";
    if (found.control.peers.length === 1) return "last";
    found.control.remove(address);
    this.#logger.info({ tenant: found.tenant, group, peer: address }, "a peer was removed");
    this.#supervision.sync();
    return null;
  }

  setFigures(metrics: Metrics): void {
    for (const name of PEER_METRICS) metrics.clear(name);
    for (const served of this.#controls.served) {
      const { tenant, control } = served;
      const { queued, peers } = viewOf(served);
      if (queued > 0) metrics.gauge("sluice_upstream_queued", tenant, control.name).set(queued);
      for (const { address, state, active, ejections } of peers) {
        const labels = [tenant, control.name, address] as const;
        metrics.gauge("sluice_upstream_peer_up", ...labels).set(isUp(state) ? 1 : 0);
        metrics.gauge("sluice_upstream_peer_active", ...labels).set(active);
        if (ejections === 0) continue;
        metrics.counter("sluice_upstream_peer_ejections_total", ...labels).reach(ejections);
      }
    }
  }
}

const PEER_METRICS = [
  "sluice_upstream_queued",
  "sluice_upstream_peer_up",
  "sluice_upstream_peer_active",
  "sluice_upstream_peer_ejections_total",
] as const;

/** Takes requests. */
const isUp = (state: string): boolean => state === "up";

function viewOf({ control, config }: ServedGroup): GroupView {
  return {
    name: control.name,
    balance: config.balance.algorithm,
    panic: control.table.isPanic,
    queued: control.table.sumOfWorkers("queued"),
    peers: control.peers.map((peer) => peerViewOf(control, peer)),
  };
}

function peerViewOf(control: ServedGroup["control"], peer: ControlledPeer): PeerView {
  const { address, reason, row } = peer;
  const { table } = control;
  const failed = ["serverErrors", "gatewayErrors", "failures"] as const;
  return {
    address,
    state: stateOf(peer),
    reason: peer.health === "down" ? reason : "",
    weight: peer.ownWeight ?? peer.weight,
    priority: control.priorityOf(address),
    origin: control.originOf(address) === null ? "added" : "file",
    active: table.sum(row, "active"),
    answered: table.sum(row, "answered"),
    failed: failed.reduce((sum, cell) => sum + table.sum(row, cell), 0),
    ejections: peer.ejectionsTotal,
  };
}
