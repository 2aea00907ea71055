// Runs a proxy in the main thread. It reads the configuration, bundles the scripts, and runs a
// proxy until that ends.

import { randomBytes } from "node:crypto";
import type { Config } from "../../base/config/types.ts";
import { buildRuntime } from "../../control/bundle-runtime.ts";
import { testerKeyOf } from "../../control/deploy/tester-key.ts";
import { limitSeedOf } from "../../control/limit-seed.ts";
import { createLogger } from "../../observe/log.ts";
import { Metrics } from "../../observe/metrics.ts";
import { Sink } from "../../observe/sink.ts";
import { claimCellGroups } from "../cells/cgroup.ts";
import { expectSandbox } from "../children/sandbox.ts";
import { Inheritance } from "../handover/inherited.ts";
import { type Candidate, type ReadFrom, readCandidate } from "./live/candidate.ts";
import { expectNotOlder, NO_REVISION } from "./live/feed.ts";
import { FileMemory } from "./live/file-memory.ts";
import { TenantCertificates } from "./live/tenant-certificates.ts";
import { logOutput } from "./log-output.ts";
import { readConfig, type ServeOptions } from "./proxy-parts.ts";
import { ProxyServer } from "./proxy-server.ts";
import { spanExporter } from "./spans.ts";
import { holdStore, tenantsOf } from "./store.ts";

/** Runs the proxy until a signal ends it. Resolves to the exit status. Throws ServeError. */
export async function runServe(options: ServeOptions): Promise<number> {
  const inheritance = await Inheritance.receive();
  try {
    return await serve(options, inheritance);
  } catch (thrown) {
    inheritance.failed(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  }
}

async function serve(options: ServeOptions, inheritance: Inheritance): Promise<number> {
  const readFromMs = Date.now();
  const config = readConfig(options);
  claimCellGroups();
  const metrics = new Metrics();
  const dropped = metrics.counter("sluice_log_dropped_total");
  const onDrop = (lines: number): void => dropped.add(lines);
  const sink = new Sink(options.output ?? logOutput(config, onDrop), onDrop);
  const { level, access } = config.log;
  const logger = createLogger({ level, format: access, fields: {} }, sink);
  const isSuccessor = inheritance.predecessor !== null;
  await expectSandbox(config.cells, logger);
  await using held = await holdStore(config, { logger, metrics, isSuccessor });
  expectNotOlder(inheritance.revision, (await held.store?.revision()) ?? NO_REVISION);
  metrics.gauge("sluice_start_time_seconds").set(Math.floor(Date.now() / 1000));
  let isStart = true;
  const storedTenants = (wanted: Config) => tenantsOf(held.store, wanted, { logger, isStart });
  const certificates = new TenantCertificates(held.store, logger);
  const isShared = config.store.kind === "postgres";
  const memory = isShared ? new FileMemory() : null;
  const sources = { logger, store: held.store, storedTenants, certificates, memory };
  const read = (wanted: Config, from?: ReadFrom): Promise<Candidate> =>
    readCandidate(wanted, sources, from);
  const [runtime, candidate] = await Promise.all([buildRuntime(), read(config)]);
  isStart = false;
  const { store, node } = held;
  const testerKey = await testerKeyOf(store);
  const limitSeed = await limitSeedOf(store);
  const pseudonym = `sluice-${randomBytes(6).toString("hex")}`;
  const keys = { testerKey, limitSeed, pseudonym };
  const base = { options, config, logger, sink, metrics, runtime, inheritance, store, ...keys };
  const isFileOwed = () => memory?.isOwed ?? false;
  const parts = { ...base, readFromMs, node, candidate, readCandidate: read, isFileOwed };
  const spans = spanExporter(config, { logger, metrics });
  const proxy = new ProxyServer({ ...parts, spans });
  try {
    await proxy.start();
    return await proxy.run();
  } finally {
    await spans.close();
    await sink.close();
  }
}
