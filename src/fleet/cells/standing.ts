// How far the tenants of cells are trusted, each by itself:
//
//     shared ──▶ alone ──▶ quarantined ──▶ alone …  ──▶ disabled
//        ▲         │                                       │
//        └─────────┴──────────── enable() ─────────────────┘
//
// A cell died while the tenant's code ran: it gets a cell of its own, for running is not yet
// guilty. Only deaths there are strikes. Too many strikes in a minute: its requests are refused for
// a while, each time for twice as long; too many times: until someone enables it. A tenant that has
// been quiet for long shares a cell again.

export type Standing = "shared" | "alone" | "quarantined" | "disabled";

interface Record {
  standing: Standing;
  /** When they were, within the window. */
  strikes: number[];
  quarantines: number;
  /** Of the last death, or of the end of the last quarantine. */
  sinceMs: number;
  /** End of the quarantine. */
  untilMs: number;
}

/**
 * A call that kills costs two or three deaths: one with its neighbours, one or two alone. A minute
 * of a request a second that kills is borne, so that a tenant's other requests are.
 */
const STRIKES_MAX = 120;
const STRIKES_WINDOW_MS = 60_000;
const QUARANTINE_MS = 15_000;
const QUARANTINES_MAX = 6;
const QUIET_MS = 600_000;

export class Standings {
  readonly #records = new Map<string, Record>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  of(tenant: string): Standing {
    return this.#records.get(tenant)?.standing ?? "shared";
  }

  /** Of every tenant that is not trusted as far as others. */
  all(): ReadonlyMap<string, Standing> {
    return new Map([...this.#records].map(([tenant, { standing }]) => [tenant, standing]));
  }

  /** A cell died of the tenant's code, as it seems. `wasAlone`: it was the tenant's own. */
  died(tenant: string, wasAlone: boolean): Standing {
    const nowMs = this.#nowMs();
    const record = this.#recordOf(tenant);
    record.sinceMs = nowMs;
    if (record.standing === "shared") record.standing = "alone";
    if (!wasAlone || record.standing !== "alone") return record.standing;
    record.strikes = record.strikes.filter((atMs) => nowMs - atMs < STRIKES_WINDOW_MS);
    record.strikes.push(nowMs);
    if (record.strikes.length < STRIKES_MAX) return record.standing;
    record.strikes = [];
    record.quarantines++;
    record.standing = record.quarantines > QUARANTINES_MAX ? "disabled" : "quarantined";
    record.untilMs = nowMs + QUARANTINE_MS * 2 ** (record.quarantines - 1);
    return record.standing;
  }

  /** Back into service, alone at first. False: it was not out of it. */
  enable(tenant: string): boolean {
    const record = this.#records.get(tenant);
    if (record === undefined) return false;
    const wasOut = record.standing === "quarantined" || record.standing === "disabled";
    record.standing = "alone";
    record.strikes = [];
    record.quarantines = 0;
    record.sinceMs = this.#nowMs();
    return wasOut;
  }

  /** Tenants whose time has come: out of quarantine, or back among others. To be called often. */
  sweep(): string[] {
    const nowMs = this.#nowMs();
    const changed: string[] = [];
    for (const [tenant, record] of this.#records) {
      if (record.standing === "quarantined" && nowMs >= record.untilMs) {
        record.standing = "alone";
        record.sinceMs = nowMs;
        changed.push(tenant);
      } else if (record.standing === "alone" && nowMs - record.sinceMs >= QUIET_MS) {
        this.#records.delete(tenant);
        changed.push(tenant);
      }
    }
    return changed;
  }

  #recordOf(tenant: string): Record {
    const known = this.#records.get(tenant);
    if (known !== undefined) return known;
    const made: Record = {
      standing: "shared",
      strikes: [],
      quarantines: 0,
      sinceMs: 0,
      untilMs: 0,
    };
    this.#records.set(tenant, made);
    return made;
  }
}
