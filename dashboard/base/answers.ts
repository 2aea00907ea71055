// What the admin API answers, as the pages read it.
// Made of its schemas by npm run schema.

export interface AuditPage {
  readonly lines: readonly {
    readonly id: number;
    /** Milliseconds since 1970. */
    readonly atMs: number;
    /** token:ID, file or sluice. */
    readonly actor: string;
    /** tenant.put, deployment.create, … */
    readonly action: string;
    readonly tenant: string | null;
    readonly target: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }[];
  readonly next: number | null;
}

export interface CaptureList {
  readonly captures: readonly {
    readonly id: string;
    readonly rule: string;
    readonly requestId: string;
    readonly atMs: number;
    readonly method: string;
    readonly target: string;
    /** 0: the client got nothing. */
    readonly status: number;
    readonly error: string | null;
    /** The version that served it, as the log names it. */
    readonly deployment: string;
    /** What it lacks to be replayed; null: nothing. */
    readonly gap: string | null;
  }[];
}

export interface CaptureRules {
  readonly rules: readonly {
    readonly id: string;
    readonly path: string;
    readonly methods: readonly string[];
    readonly statuses: readonly string[];
    readonly count: number;
    readonly ttlMs: number;
    readonly keepsLogins: boolean;
    readonly redacts: readonly string[];
    readonly compares: readonly ("upstream" | "request" | "status" | "headers" | "body")[];
    readonly ignores: readonly string[];
    readonly createdAtMs: number;
    readonly expiresAtMs: number;
    readonly kept: number;
    /** Too large, or there was no room. */
    readonly dropped: number;
  }[];
}

export interface DeploymentFiles {
  /** From 1 for each tenant. */
  readonly version: number;
  readonly state: "stored" | "ready" | "failed" | "disabled";
  /** Why it failed or was disabled. */
  readonly reason: string;
  /** Its share of the clients; null: it does not run. */
  readonly percent: number | null;
  readonly origin: "file" | "api";
  readonly author: string;
  readonly message: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly hooks: readonly string[];
  /** In the worker where it stands worst. */
  readonly breaker: "closed" | "half-open" | "open" | "disabled";
  readonly createdAt: string;
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
  readonly smoke: readonly unknown[];
}

export interface Explanation {
  /** null: nobody's. */
  readonly tenant: string | null;
  /** The tenant's host that fits. */
  readonly host: string | null;
  /** Its address, as trusted proxies say. */
  readonly client: string;
  /** null: none is taken. */
  readonly route: {
    readonly path: string;
    readonly exact: boolean;
    readonly host: string;
    /** Empty: any. */
    readonly methods: readonly string[];
  } | null;
  /** What the proxy answers by itself; null: the request goes on. */
  readonly end: {
    readonly status: number;
    /** Of an error; null: the configuration answers. */
    readonly code: string | null;
    readonly location: string | null;
  } | null;
  /** null: no script runs. */
  readonly version: {
    readonly version: number;
    readonly percent: number;
    /** pass: a tester's. */
    readonly by: "only" | "share" | "pass";
    /** Why no request runs it; empty: requests do. */
    readonly outOfService: string;
    /** null: not known. */
    readonly hooks: readonly string[] | null;
  } | null;
  /** Of the operator's script, to operators; null: none runs. */
  readonly layer: {
    readonly version: number;
    readonly percent: number;
    /** pass: a tester's. */
    readonly by: "only" | "share" | "pass";
    /** Why no request runs it; empty: requests do. */
    readonly outOfService: string;
    /** null: not known. */
    readonly hooks: readonly string[] | null;
  } | null;
  /** Unless the script chooses another; null: none. */
  readonly upstream: {
    readonly group: string;
    readonly balance: string;
    /** null: for operators. */
    readonly peers:
      | readonly {
          readonly address: string;
          readonly state: string;
          readonly active: number;
        }[]
      | null;
  } | null;
  /** By what it comes back for ever; null: it does not. */
  readonly loop: "redirect" | "upstream" | null;
  /** Why, in the order in which it is decided. */
  readonly reasons: readonly string[];
}

export interface History {
  readonly deployments: readonly {
    /** From 1 for each tenant. */
    readonly version: number;
    readonly state: "stored" | "ready" | "failed" | "disabled";
    /** Why it failed or was disabled. */
    readonly reason: string;
    /** Its share of the clients; null: it does not run. */
    readonly percent: number | null;
    readonly origin: "file" | "api";
    readonly author: string;
    readonly message: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly hooks: readonly string[];
    /** In the worker where it stands worst. */
    readonly breaker: "closed" | "half-open" | "open" | "disabled";
    readonly createdAt: string;
  }[];
  /** Those of the tenant, for all versions; null: its scripts run in the proxy. */
  readonly processes: {
    /** Open, disabled: no hook runs. */
    readonly breaker: "closed" | "half-open" | "open" | "disabled";
    /** In a process of its own, since one died while it ran. */
    readonly isAlone: boolean;
  } | null;
}

export interface KeptAnswer {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly durationMs: number;
  /** As the log has it. */
  readonly line: Readonly<Record<string, unknown>>;
  /** Of several proxies: which one has kept it; this one need not say so. */
  readonly node?: string;
  readonly spans: readonly {
    readonly kind: "wait" | "hook" | "connect" | "tls" | "upstream" | "body" | "fetch" | "upload";
    readonly name: string;
    /** Since its head was complete. */
    readonly startMs: number;
    readonly endMs: number;
    readonly detail: string;
  }[];
  /** By which it can be replayed here; null: by none. */
  readonly capture: string | null;
}

export interface LimitList {
  readonly limits: readonly {
    /** As in the configuration, its unit last. */
    readonly name: string;
    readonly limit: number;
    /** Now; of what holds for one request the most that one has used. null: not known. */
    readonly used: number | null;
    /** `used` is the most of one request since settings or versions changed. */
    readonly isMost: boolean;
    /** What it bounds. */
    readonly bounds: string;
  }[];
}

export interface NodeList {
  readonly nodes: readonly {
    readonly id: string;
    /** Several may have one. */
    readonly name: string;
    readonly state: "serving" | "behind" | "refused" | "stale" | "unknown";
    /** Why it refuses what is newest; empty: it does not. */
    readonly reason: string;
    /** Of the store, by which all of it is served there. */
    readonly revision: number;
    /** It is the one that answers. */
    readonly self: boolean;
    readonly drained: boolean;
    /** It judges new versions, by the figures of all. */
    readonly guardian: boolean;
    /** URL at which the others ask it; empty: they cannot. */
    readonly admin: string;
    readonly version: string;
    /** Changes that it does not serve yet. */
    readonly lag: number;
    /** Since it reported last. */
    readonly silentMs: number;
    readonly startedAt: string;
    /** Since its start, as errors. */
    readonly requests: number;
    /** Answered with a 5xx, or not at all. */
    readonly errors: number;
    readonly requestsActive: number;
    readonly connections: number;
  }[];
  /** Revision of the store. */
  readonly newest: number;
  readonly asOf: string;
  /** The store does not answer: this is what was known last. */
  readonly stale: boolean;
}

export interface Replays {
  readonly replayed: readonly {
    /** Of the capture. */
    readonly id: string;
    readonly result: "same" | "differs" | "failed";
    /** The first, in the order of a request's life; null: there is none. */
    readonly difference: {
      readonly part: string;
      readonly was: string;
      readonly is: string;
    } | null;
    /** Why it could not be replayed, or the error that ended it. */
    readonly reason: string;
  }[];
}

export interface Series {
  /** Length of a step. */
  readonly stepMs: number;
  /** End of the last step, in milliseconds since 1970; 0: there is none. */
  readonly toMs: number;
  /** One entry for each step, the oldest first. */
  readonly points: {
    readonly requests: readonly number[];
    /** Answers with a 5xx, and none at all. */
    readonly errors: readonly number[];
    readonly p50Ms: readonly (number | null)[];
    readonly p99Ms: readonly (number | null)[];
    /** Time in turns of scripts. */
    readonly scriptMs: readonly number[];
  };
  /** With nodes=all, where several share a store: whose part is in it. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    /** Why its part is missing; empty: it is not. */
    readonly reason: string;
  }[];
}

export interface Status {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  /** null: the store is this proxy's alone. */
  readonly cluster: {
    /** Of this proxy. */
    readonly name: string;
    readonly staleSince: string | null;
    /** How many, by state. */
    readonly nodes: Readonly<Record<string, number>>;
  } | null;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly workers: number;
  readonly tenants: number;
  /** Processes that run scripts. */
  readonly cells: number;
  /** In worker threads. */
  readonly isolates: number;
  /** Of clients. */
  readonly connections: number;
  readonly requestsActive: number;
  /** Errors first. */
  readonly faults: readonly {
    /** error: requests fail for it. */
    readonly severity: "error" | "warning";
    /** null: the whole proxy's. */
    readonly tenant: string | null;
    readonly text: string;
    /** With nodes=all: which proxies say so; left out: all of them. */
    readonly nodes?: readonly string[];
  }[];
  /** Since the start, as all that follows. */
  readonly requests: number;
  /** Requests whose answer was a 5xx, or that got none. */
  readonly errors: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly scriptMs: number;
  /** Times of requests: how many took at most each bound; last, those beyond all. */
  readonly durations: {
    readonly boundsMs: readonly number[];
    readonly counts: readonly number[];
  };
  /** With nodes=all, where several share a store: whose part is in it. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    /** Why its part is missing; empty: it is not. */
    readonly reason: string;
  }[];
}

export interface Tenant {
  readonly name: string;
  /** file: its settings are in sluice.yaml, and changed there. */
  readonly origin: "file" | "api";
  /** The ETag; null: it is in the file. */
  readonly revision: number | null;
  /** Every request is answered with 503. */
  readonly suspended: boolean;
  readonly state: "serves" | "suspended" | "out-of-service" | "without-script" | "not-served";
  /** Why it does not serve; empty: it does. */
  readonly reason: string;
  readonly createdAtMs: number | null;
  readonly changedAtMs: number | null;
  /** As written. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface TenantList {
  readonly tenants: readonly {
    readonly name: string;
    /** file: its settings are in sluice.yaml, and changed there. */
    readonly origin: "file" | "api";
    /** The ETag; null: it is in the file. */
    readonly revision: number | null;
    /** Every request is answered with 503. */
    readonly suspended: boolean;
    readonly state: "serves" | "suspended" | "out-of-service" | "without-script" | "not-served";
    /** Why it does not serve; empty: it does. */
    readonly reason: string;
    readonly hosts: readonly string[];
  }[];
}

export interface Traffic {
  readonly versions: readonly {
    readonly version: number;
    readonly percent: number;
  }[];
  readonly stickyBy: {
    readonly kind: string;
    readonly name?: string;
  };
  /** Where a rollback goes that names none; null: nowhere. */
  readonly rollbackTo: number | null;
}

export interface UpstreamList {
  readonly upstreams: readonly {
    readonly name: string;
    readonly balance: string;
    /** So few peers are sound that all are used. */
    readonly panic: boolean;
    /** Requests that wait for a peer with room. */
    readonly queued: number;
    readonly peers: readonly {
      readonly address: string;
      readonly state: "up" | "checking" | "down" | "ejected" | "draining" | "drained" | "disabled";
      /** Why; empty: the state says it. */
      readonly reason: string;
      readonly weight: number;
      readonly priority: number;
      readonly origin: "file" | "added";
      /** Under way, WebSockets among them. */
      readonly active: number;
      /** Attempts since the proxy started. */
      readonly answered: number;
      /** Attempts without an answer, or with one from 500 on. */
      readonly failed: number;
      readonly ejections: number;
    }[];
  }[];
}

export interface Usage {
  /** Start of the process; figures begin anew with it. */
  readonly since: string;
  readonly requests: number;
  /** Requests whose answer was a 5xx, or that got none. */
  readonly errors: number;
  /** Of request bodies. */
  readonly bytesReceived: number;
  /** Of response bodies. */
  readonly bytesSent: number;
  /** Time in turns of its script; in a cell with the way there. */
  readonly scriptMs: number;
  /** What its script asked of the host: timers, bodies. */
  readonly hostCalls: number;
  /** What its script wrote into the log. */
  readonly logBytes: number;
  /** With nodes=all, where several share a store: whose part is in it. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    /** Why its part is missing; empty: it is not. */
    readonly reason: string;
  }[];
}

export interface VersionStats {
  readonly windowMs: number;
  readonly versions: readonly {
    readonly version: number;
    readonly requests: number;
    /** Answers with a 5xx, whoever is to blame. */
    readonly errors: number;
    /** Requests of which a hook failed. */
    readonly scriptFailures: number;
    /** Half of the requests took no longer; null: none. Of several proxies the longest. */
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  }[];
  /** With nodes=all, where several share a store: whose part is in it. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    /** Why its part is missing; empty: it is not. */
    readonly reason: string;
  }[];
}

export interface WholeSeries {
  /** Length of a step. */
  readonly stepMs: number;
  /** End of the last step, in milliseconds since 1970; 0: there is none. */
  readonly toMs: number;
  /** One entry for each step, the oldest first. */
  readonly points: {
    readonly requests: readonly number[];
    /** Answers with a 5xx, and none at all. */
    readonly errors: readonly number[];
    readonly p50Ms: readonly (number | null)[];
    readonly p99Ms: readonly (number | null)[];
    /** Time in turns of scripts. */
    readonly scriptMs: readonly number[];
  };
  /** With nodes=all, where several share a store: whose part is in it. */
  readonly nodes?: readonly {
    readonly id: string;
    readonly name: string;
    /** Why its part is missing; empty: it is not. */
    readonly reason: string;
  }[];
  /** The last minute up to now, also what is in no step yet. */
  readonly minute: {
    readonly requests: number;
    readonly errors: number;
    readonly scriptMs: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
    /** How long it was: less, if the process is younger. */
    readonly seconds: number;
  };
  /** Of each the same minute. */
  readonly tenants: readonly {
    readonly tenant: string;
    readonly requests: number;
    readonly errors: number;
    readonly scriptMs: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  }[];
}
