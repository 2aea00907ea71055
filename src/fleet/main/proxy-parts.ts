// What a proxy is made of; supervisor.ts puts it together.

import type { Config } from "../../base/config/types.ts";
import type { TesterKey } from "../../control/deploy/tester-key.ts";
import type { SqliteStore } from "../../control/store/sqlite-store.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { Sink } from "../../observe/sink.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { Inheritance } from "../handover/inherited.ts";
import type { Candidate } from "./live/candidate.ts";
import type { ServeOptions } from "./serve-options.ts";

export interface ProxyParts {
  readonly options: ServeOptions;
  readonly config: Config;
  readonly logger: Logger;
  readonly sink: Sink;
  readonly metrics: Metrics;
  readonly runtime: RuntimeCode;
  /** What serves first. */
  readonly candidate: Candidate;
  readonly readCandidate: (config: Config) => Promise<Candidate>;
  readonly inheritance: Inheritance;
  /** What signs testers' passes. */
  readonly testerKey: TesterKey;
  /** Null: nothing is kept, and the admin API changes nothing. */
  readonly store: SqliteStore | null;
}
