// What a proxy is started with, what it is made of, and what it hands over to its successor.
// supervisor.ts puts it together.

import type { Writable } from "node:stream";
import { loadConfig } from "../../base/config/load.ts";
import type { Config } from "../../base/config/types.ts";
import type { TesterKey } from "../../control/deploy/tester-key.ts";
import type { SqlStore } from "../../control/store/sql-store.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { Sink } from "../../observe/sink.ts";
import type { SpanExporter } from "../../observe/trace/span-exporter.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { HandoverPayload, InheritedSocket } from "../handover/handover-messages.ts";
import type { Inheritance } from "../handover/inherited.ts";
import type { ClusterNode } from "./cluster-node.ts";
import type { Candidate, ReadFrom } from "./live/candidate.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export interface ProxyParts {
  readonly options: ServeOptions;
  readonly config: Config;
  /** When whoever has read it, and the scripts, began to. */
  readonly readFromMs: number;
  readonly logger: Logger;
  readonly sink: Sink;
  readonly spans: SpanExporter;
  readonly metrics: Metrics;
  readonly runtime: RuntimeCode;
  /** What serves first. */
  readonly candidate: Candidate;
  readonly readCandidate: (config: Config, from?: ReadFrom) => Promise<Candidate>;
  /** What the file says is not stored yet, where others share the store. */
  readonly isFileOwed: () => boolean;
  readonly inheritance: Inheritance;
  /** What signs testers' passes. */
  readonly testerKey: TesterKey;
  /** What keys of rate limits are hashed with, alike at all proxies that share the store. */
  readonly limitSeed: Buffer;
  /** In Via: a request that has it has passed here. */
  readonly pseudonym: string;
  /** Null: nothing is kept, and the admin API changes nothing. */
  readonly store: SqlStore | null;
  /** Among those that share the store; null: nobody shares it. */
  readonly node: ClusterNode | null;
}

export interface ServeOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Overrides the configuration. */
  readonly workers?: number;
  /** Reload when the configuration or a source of a script changes. */
  readonly watch?: boolean;
  /** What is made of each configuration that was read. */
  readonly adjust?: (config: Config) => Config;
  /** An operator's, shown to whoever started it. Left out: there is another one, or none. */
  readonly shownToken?: string;
  /** Where the log goes; default: standard output. */
  readonly output?: Writable;
}

/** Throws a ConfigError. */
export function readConfig({ config, adjust }: ServeOptions): Config {
  const read = loadConfig(config);
  return adjust === undefined ? read : adjust(read);
}

export function socketsOf(
  config: Config,
  { descriptors, listening }: WorkerPool,
  adminDescriptor: number,
): Pick<HandoverPayload, "listeners" | "admin"> {
  const listeners = config.listeners.map(({ address }, i): InheritedSocket => {
    return {
      configured: address,
      bound: listening[i] ?? none(),
      descriptors: descriptors[i] ?? [],
    };
  });
  const bound = config.admin;
  const admin = {
    configured: bound.address,
    bound,
    descriptors: adminDescriptor < 0 ? [] : [adminDescriptor],
  };
  return { listeners, admin };
}

function none(): never {
  throw new TypeError("every listener has a place");
}
