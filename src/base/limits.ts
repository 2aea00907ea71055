// Every bound of the proxy that is not configuration: one table, the unit last in the name, the
// reason for the size beside it. What an operator may change is in base/config instead.

import { HEADERS_CHARS_MAX, TARGET_CHARS_MAX } from "../wire/records.ts";
import { RETRIES_MAX } from "../wire/session-options.ts";
import { ADMIN_LIMITS } from "./admin-limits.ts";
import { CERTIFICATE_LIMITS } from "./certificate-limits.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { TRACE_LIMITS } from "./trace-limits.ts";

export const LIMITS = {
  // Time: base/clock.ts
  /** Timeouts are seconds long: 50 ms of lateness is invisible, 20 sweeps a second cost nothing. */
  deadlineSweepMs: 50,
  /** A sweep later than this was a blocked event loop, not a slow client. Five sweeps. */
  deadlineStepMs: 250,

  // Identity: base/ids.ts
  /** Ids cut from one random string. An id that lives for days keeps 5 KB of it alive, no more. */
  idsBatch: 256,

  // Configuration: base/config
  /** A thousand tenants take some 300 KB. */
  configFileBytes: 1_048_576,
  /** Sum of what YAML aliases may expand to; an honest file shares a few blocks. */
  configAliases: 100,
  /** /etc/hosts and resolv.conf: ten thousand lines. A larger file is taken for none. */
  resolverFileBytes: 1_048_576,
  /** Certificates and keys: Node's own roots, as a file, have 220 KB. */
  pemFileBytes: 1_048_576,
  /** Problems printed of one file: more than that, and the file is of another kind. */
  configProblems: 100,
  /** Longest path of a route: several times what people write. */
  routePathChars: 1_024,
  /** An error page stays in memory, in each worker: room for a picture or two inside. */
  errorPageBytes: 262_144,

  // What outlives a request: state
  /** memoryCache of all tenants together, in one heap of some 2 GiB: sixteen that are full. */
  memoryCachesBytes: 268_435_456,
  /** Of these, what a successor gets: a tenth of a second of this thread. */
  handoverCacheBytes: 67_108_864,
  /** Identities of deleted tenants that requests may still be under way of. */
  forgottenTenants: 1_000,

  // What we can see: observe
  /** Series of one metric: what Prometheus takes without pain; the rest count as "other". */
  metricSeries: 10_000,
  /** Length of a label's value: names in the configuration and counters' names are shorter. */
  metricLabelChars: 128,
  /** Lines go from worker to main thread in batches of this size, … */
  logBatchChars: 65_536,
  /** … or after this time: below what a person at `tail -f` notices. */
  logBatchMs: 20,
  /** A tenant that was quiet may log at once what this time brings: an incident, a start. */
  logBurstMs: 10_000,
  /** How often a tenant whose lines are dropped is told so in the log. */
  logDroppedMs: 10_000,
  /** Log text from one worker to the main thread: 16 batches; if that is stuck it costs 1 MiB. */
  logWindowChars: 1_048_576,
  /** Log text that waits for standard output: a second of a busy proxy. */
  logSinkChars: 16_777_216,
  /** How long a stopping proxy waits for standard output to take the last lines. */
  logCloseMs: 1_000,
  /** Readers of the live tail at once: an operations team; each may cost its window. */
  tailReaders: 32,
  /** Text under way to one reader: some thousand lines; what it has not read by then is counted. */
  tailWindowChars: 524_288,
  /** Lines for one reader in one batch: 12,000 a second from one worker, 3 % of its core. */
  tailBatchLines: 256,
  /** Statuses in one filter. */
  tailStatuses: 16,
  /** Text of a filter: a URL that one looks for. */
  tailSearchChars: 1_024,
  /** A comment to each reader: proxies and laptops close connections that are silent a minute. */
  tailHeartbeatMs: 15_000,
  /** When a reader may come again after the end of its stream. */
  tailRetryMs: 1_000,
  /** How long a reader waits until every worker tells: a worker in a long turn tells later. */
  tailOpenMs: 2_000,
  /** One script message: a screen of text. */
  scriptMessageChars: 4_096,
  /** One text field of an access line (target, host …): longer ones are cut. */
  accessFieldChars: 2_048,

  // Client connections: downstream
  /** Connections beyond what there is room for that are told so; the rest are just closed. */
  turnedAwayConnections: 32,
  /** For a client of HTTP/2, silent while it is served, to answer whether it is there. */
  http2PongMs: 15_000,
  /** Bytes of a TLS client's first message: post-quantum keys make it 2 KiB; OpenSSL takes 128. */
  tlsHelloBytes: 16_384,
  /** TLS contexts of one worker and listener, 35 KiB each; the one not used longest goes first. */
  tlsContexts: 1_000,
  /** Addresses whose handshakes a worker counts: 2 MB; the one not seen longest goes first. */
  handshakeAddresses: 10_000,
  /** Bytes of pipelined requests that wait while one is answered; then the client waits too. */
  pipelinedBytes: 65_536,
  /** For a client to end its half after the last answer of a connection. */
  lingerMs: 2_000,
  /**
   * After an answer to a request that was not read to its end, a client may send on for so long, …
   */
  lingerUnreadMs: 30_000,
  /** … with pauses of so long. As nginx has it: many read nothing before all is sent. */
  lingerPauseMs: 5_000,
  /**
   * Given to a client's socket at once; what a client must take in `clientWriteMs`: 9 KB a
   * second.
   */
  writtenBytes: 262_144,
  /**
   * Large answers of one tenant's script, and bodies that its hooks made, which nobody has taken
   * yet, in one worker: eight of the largest answers.
   */
  unreadAnswerBytes: 134_217_728,
  /** A tunnel without a byte: WebSocket clients ping within minutes; this is for vanished ones. */
  tunnelIdleMs: 3_600_000,
  /**
   * For a side of a tunnel to take the rest when the other is closed: as `clientWriteMs` has it.
   */
  tunnelEndMs: 30_000,
  /** Decoded body bytes that wait for their hook before the sender is held back. */
  filterQueueBytes: 131_072,
  /** Bytes behind the end of a coded body: padding is passed over; an endless upload is not. */
  filterStrayBytes: 65_536,
  /**
   * A body that decodes to more than this many times its size is a bomb: deflate reaches 1,032, …
   */
  decodedRatio: 250,
  /** … but short ones may: a page of blanks is no attack. */
  decodedFreeBytes: 8_388_608,
  /** CompressionStreams and their like of one isolate, at once: some 300 KiB each. */
  scriptCoders: 64,
  /** Body bytes kept so that a request can be sent again: Pingora's figure. */
  replayBytes: 65_536,
  /** A body up to this size leaves in one write with its head. */
  joinedBodyBytes: 16_384,

  // Scripts: phases
  /** A header block after a script's edits. */
  scriptHeaderBytes: HEADERS_CHARS_MAX,
  scriptTargetBytes: TARGET_CHARS_MAX,
  /** The longest registered method has 18 characters. */
  methodChars: 64,
  /** Retries that a script or the configuration may ask for. */
  retries: RETRIES_MAX,

  /** Upstreams that a version is told of apart, twice a second: the rest count as one, … */
  talliedUpstreams: 16,
  /** … and so do peers that a script writes with more text: options are some 200 characters. */
  talliedUpstreamChars: 256,

  // Reload and handover: fleet
  /** Former states of a tenant with requests in them: more, and it changes faster than they end. */
  drainingGenerations: 8,
  /** Before a replaced worker is tried again that could not serve; twice as long after each try. */
  workerRetryMs: 1_000,
  /** Tries after which a proxy ends in which no other worker serves: half a minute. */
  workerTries: 5,
  /** For another proxy that is about to listen: milliseconds, unless the machine is busy. */
  portLockMs: 10_000,
  /** A successor's start: bundling and isolates, on a machine that is busy with our requests. */
  handoverMs: 60_000,
  /** An ending proxy: connections may bring one more request: a slow network's few round trips. */
  drainGraceMs: 2_000,
  /**
   * How long a successor takes no change, until its predecessor takes no requests: its grace, and
   * some for a machine that is busy.
   */
  handoverChangesMs: 10_000,
  /** How long one that must end waits for a change that is being stored. */
  rescueChangesMs: 5_000,
  /** How often a draining proxy tells its successor what its counters counted. */
  counterDeltasMs: 1_000,
  /** How often it tells what its requests hold, if that has changed: a place is free that late. */
  heldNewsMs: 100,
  /** A crash sooner than this after the start would come again: no successor for it. */
  crashAgeMs: 10_000,
  /** How often `sluice dev` looks whether a folder is still the one that it watches. */
  watchLookMs: 500,
  /** Files change one after another when an editor or a checkout writes them: one reload. */
  watchQuietMs: 100,

  // Deployments: control/deploy
  /** Of a tenant's history that are read at once. */
  deploymentsPage: 100,
  /** All smoke requests of one deployment: honest ones take milliseconds each. */
  rehearsalMs: 10_000,
  smokeRequests: 20,
  /** A whole upload as JSON: `BUNDLE_LIMITS.uploadBytes` with what escaping adds. */
  deploymentBytes: 12_582_912,
  /** Of a tenant that keep sources and bundle, the newest: weeks of work, some ten MB at most. */
  deploymentsKept: 50,
  /** Besides those: where the next rollbacks go, though a hundred canaries may have come since. */
  rollbacksKept: 5,

  // The store: control/store
  /** A write waits for another process's, which take milliseconds: during a handover, a backup. */
  storeBusyMs: 2_000,
  /** For another proxy that ends just now to let go of the store. */
  storeOwnerMs: 2_000,
  /** How often a successor looks whether the store is its own now. */
  storeClaimMs: 50,
  /** What SQLite's log keeps on the disk when it is empty. */
  storeLogBytes: 16_777_216,
  /** How often changed counters are saved: what a kill may cost. */
  counterSaveMs: 1_000,
  /** Flags of one tenant, … */
  tenantFlags: 256,
  /** … a flag's value as JSON: switches and small tables, no content. */
  flagChars: 4_096,
  /** Secrets of one tenant, … */
  tenantSecrets: 128,
  /** … and a secret's value: a key with its certificate chain. */
  secretChars: 16_384,
  /** Shorter secrets are not looked for in log lines: they would match by accident. */
  redactedChars: 8,
  /** All flags and secrets of all tenants, in each worker's reach: 40 tenants at their limits. */
  settingsBoardBytes: 134_217_728,
  /** Lines of the audit log: years of deployments, some 60 MB. */
  auditLines: 200_000,
  // Cells: fleet/cells
  /** Cells that share the tenants of one isolation group: the death of one stops half of them. */
  cellsPerGroup: 2,
  /** Cells of one tenant each, after a death: with 60 MB each, half a gigabyte. */
  cellsAlone: 8,
  /** Beyond what a call may take, until its cell is killed: the watchdog inside comes first. */
  cellKillDelayMs: 250,
  /** Node takes a tenth of a second to start, and many times that on a busy machine. */
  cellStartMs: 60_000,
  /** A cell whose event loop has not moved for so long, though nothing runs there, is of no use. */
  cellSilentMs: 5_000,
  /** The same if the system says that somebody has stopped it. */
  cellStoppedMs: 500,
  /** Native memory gets lost in pieces: a day is what others do. */
  cellAgeMs: 86_400_000,
  /** Turns after which a cell is replaced, for the same reason. */
  cellTurns: 1_000_000_000,
  /** What a cell may write to standard error: V8's last words and a stack. */
  cellLogChars: 16_384,
  /** Between two starts of cells that ended at once: doubled up to the second figure. */
  cellBackOffMs: 100,
  cellBackOffMaxMs: 10_000,

  ...ADMIN_LIMITS,
  ...CLIENT_LIMITS,
  ...CERTIFICATE_LIMITS,
  ...TRACE_LIMITS,
} as const;
