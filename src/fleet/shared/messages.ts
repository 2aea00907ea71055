// What the main thread and its workers say to each other: plain data, posted. What must be shared
// is shared memory. Every request has a number, and its reply or failure has the same number.
//
//   main    prepare 7 ──▶ every worker: all isolates warm, or `failed` and nothing changed
//           commit 7  ──▶ every worker: one reference is swapped, the old tenants drain
//        or abandon 7 ──▶ every worker: what was prepared is thrown away

import type { MessagePort } from "node:worker_threads";
import type { PemText } from "../../base/certificates/shared-pem.ts";
import type { Address } from "../../base/config/address.ts";
import type { Config, TenantConfig } from "../../base/config/types.ts";
import type { Challenge } from "../../downstream/acme/challenges.ts";
import type { StickyBy } from "../../downstream/versions.ts";
import type { CaptureNews, CaptureOrder } from "../../observe/capture/rule.ts";
import type { KeptRequest } from "../../observe/kept-requests.ts";
import type { LimitUse } from "../../observe/limit-use.ts";
import type { PackedSnapshot } from "../../observe/packed-snapshot.ts";
import type { TailNews, TailSubscription } from "../../observe/tail-batch.ts";
import type { SpanNews } from "../../observe/trace/span-batch.ts";
import type { HealthReport } from "../../phases/version-health.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { CounterBuffers } from "../../state/counter-memory.ts";
import type { LimitBuffers } from "../../state/limit-table.ts";
import type { MemberPlace } from "../../upstream/group/member.ts";
import type { SharedGroup } from "../../upstream/group/table.ts";
import type { CellEnds, CellLoad, CellNews, CellOrder } from "./cell-messages.ts";
import type { DescriptorShare } from "./descriptors.ts";

/** A tenant's script, bundled, as every worker gets it. */
export interface ScriptBundle {
  readonly tenant: string;
  /** How logs and errors name this version. */
  readonly deployment: string;
  readonly code: string;
  /** Source map as JSON; it never enters an isolate. */
  readonly map: string;
}

/** One version of a tenant's script. */
export interface ScriptSpec {
  /** From 1; 0: there is no history, the script is the file's. */
  readonly version: number;
  /** Of the tenant's clients; the shares add up to 100, and 0 is for testers only. */
  readonly percent: number;
  readonly bundle: ScriptBundle;
  /** It is not run. */
  readonly isDisabled: boolean;
  /** Why it is not; empty: it is. */
  readonly reason: string;
  /** It came from the file, not from somebody's deployment. */
  readonly isOfFile: boolean;
  /** Equal hashes: what runs is the same, and keeps its isolate whatever else changes. */
  readonly hash: string;
}

export interface TenantSpec {
  /** Who it is among all that have or had its name (base/identity.ts). */
  readonly id: string;
  readonly config: TenantConfig;
  /** None: plain proxying. */
  readonly scripts: readonly ScriptSpec[];
  readonly stickyBy: StickyBy;
  /** Its requests are refused. */
  readonly isSuspended: boolean;
  /** Signs testers' passes; empty: there are none. */
  readonly testerKey: string;
  /** What its rate limits count, in shared memory; null: none of its scripts has any. */
  readonly rateLimits: LimitBuffers | null;
  /** How the peers of its groups stand, in the order of `config.upstreams`. */
  readonly groups: readonly SharedGroup[];
  /** Equal hashes: the tenant is the same, and stays as it is through a reload. */
  readonly hash: string;
  /** The tenant's for the life of the process: what `PULSE.TENANT` shows. */
  readonly index: number;
}

/** A tenant's own certificate, for its own hosts. */
export interface CertificateSpec {
  /** Lower case. */
  readonly names: readonly string[];
  /** Of its key: `ec`, `rsa` … */
  readonly kind: string;
  /** Of its whole text: equal ones are the same. */
  readonly hash: string;
  readonly pem: PemText;
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
}

/** By the tenant's identity; who has none is not there. */
export type CertificateSets = ReadonlyMap<string, readonly CertificateSpec[]>;

/** Everything that a reload can change, in one state. */
export interface Generation {
  /** From 1. */
  readonly number: number;
  readonly config: Config;
  readonly tenants: readonly TenantSpec[];
  readonly certificates: CertificateSets;
}

/** A generation as a worker is told of it: what it has already is only named. */
export interface GenerationChange {
  readonly number: number;
  /** Its `tenants` are left out: they are in `changed`, or the worker has them. */
  readonly config: Config;
  readonly changed: readonly TenantSpec[];
  /** Names of tenants that stay as they are. */
  readonly kept: readonly string[];
  /** Of tenants whose certificates are others than before; an empty list: none any more. */
  readonly certificates: CertificateSets;
  /** Scripts that run in cells. */
  readonly cells: readonly CellLoad[];
}

export interface WorkerInit {
  /** From 1. */
  readonly index: number;
  readonly config: Config;
  readonly runtime: RuntimeCode;
  readonly counters: CounterBuffers;
  /** Flags and secrets of all tenants. */
  readonly board: SharedArrayBuffer;
  /** To memoryCache of all tenants (cache-port.ts). */
  readonly caches: MessagePort;
  readonly logWindow: SharedArrayBuffer;
  readonly spanWindow: SharedArrayBuffer;
  /** Words of `PULSE`. */
  readonly pulse: SharedArrayBuffer;
  /** Words of `PROCESSOR` (sandbox/watchdog.ts). */
  readonly processor: SharedArrayBuffer;
  /** The watchdog's, for `endCalls` (sandbox/watchdog.ts). */
  readonly watch: SharedArrayBuffer;
  readonly descriptors: DescriptorShare;
  /** Our name in Via. */
  readonly pseudonym: string;
  /** Of which the keys of TLS sessions are made: one worker's clients may come to another. */
  readonly tlsSecret: Uint8Array;
  /** Each worker has a listener of its own on the same address (SO_REUSEPORT). */
  readonly reusePort: boolean;
}

/** Where a worker is to listen. */
export interface ListenSpec {
  readonly at: Address;
  /** Descriptors that are there already, this worker's alone; none: it opens one of its own. */
  readonly descriptors: readonly number[];
  /** It is no failure if the address cannot be had: others listen there. */
  readonly isOptional: boolean;
}

/** Where a worker listens, in the order of the request. */
export interface Listening {
  readonly at: Address;
  readonly descriptors: readonly number[];
}

/** What every worker is to know from now on, and those that come later. */
export type ToldToAll =
  /** Who reads the live tail. */
  | { readonly type: "tail"; readonly subscriptions: readonly TailSubscription[] }
  /** Which requests are captured. */
  | { readonly type: "captures"; readonly orders: readonly CaptureOrder[] }
  /** Tunnels with this peer are to end. */
  | { readonly type: "cut off"; readonly place: MemberPlace }
  /** What an authority is answered. */
  | { readonly type: "challenges"; readonly challenges: readonly Challenge[] };

/** Requests that a worker has kept: all of a tenant, or one by its id, which may be anybody's. */
export type KeptWanted =
  | { readonly tenant: string; readonly id: null }
  | { readonly tenant: string | null; readonly id: string };

/** What a worker only looks up. */
export type LookRequest =
  | { readonly type: "limits"; readonly tenant: string }
  | ({ readonly type: "kept" } & KeptWanted);

export type WorkerRequest =
  | { readonly type: "prepare"; readonly change: GenerationChange }
  | { readonly type: "commit"; readonly number: number }
  | { readonly type: "abandon"; readonly number: number }
  | { readonly type: "listen"; readonly listeners: readonly ListenSpec[] }
  | LookRequest
  /** All that it has counted. */
  | { readonly type: "count" }
  | { readonly type: "cells"; readonly order: CellOrder }
  | ToldToAll
  /**
   * Answered when no request begins any more. `closesTunnels`: they are told to come again at once;
   * else they end by themselves.
   */
  | { readonly type: "close"; readonly graceMs: number; readonly closesTunnels: boolean }
  /** After `close`; answered when the last exchange is over. */
  | { readonly type: "drain" }
  | { readonly type: "close tunnels" }
  /** Whatever is under way is given up; the thread ends by itself. */
  | { readonly type: "end" };

export interface ToWorker {
  readonly number: number;
  readonly request: WorkerRequest;
}

export type WorkerReply =
  | { readonly type: "done" }
  /** Masks of the hooks that new scripts have, by their hashes. */
  | { readonly type: "prepared"; readonly hooks: ReadonlyMap<string, number> }
  | { readonly type: "listening"; readonly listening: readonly Listening[] }
  | { readonly type: "counted"; readonly snapshot: PackedSnapshot }
  | { readonly type: "kept"; readonly requests: readonly KeptRequest[] }
  | { readonly type: "limits"; readonly use: LimitUse }
  | { readonly type: "cells"; readonly ends: CellEnds | null };

/** Of each worker that replies in time. */
export type LookAt = (request: LookRequest) => Promise<WorkerReply[]>;

/** How a version has fared in a worker since it said so last. */
export interface VersionTally extends HealthReport {
  /** Its identity: another tenant may have its name by now. */
  readonly tenant: string;
  readonly version: number;
}

export type FromWorker =
  | { readonly type: "reply"; readonly number: number; readonly reply: WorkerReply }
  | { readonly type: "failed"; readonly number: number; readonly message: string }
  /** After an error that nobody caught: it ends by itself, as if it had been asked to. */
  | { readonly type: "failing"; readonly reason: string }
  /** The last that it has counted: it ends. */
  | { readonly type: "counted"; readonly snapshot: PackedSnapshot }
  | { readonly type: "health"; readonly reports: readonly VersionTally[] }
  | { readonly type: "log"; readonly text: string }
  | { readonly type: "cells"; readonly news: CellNews }
  | { readonly type: "tail"; readonly news: TailNews }
  | { readonly type: "captured"; readonly news: CaptureNews }
  | { readonly type: "spans"; readonly news: readonly SpanNews[] };
