// The part of the bounds (limits.ts) that is about several machines that share one PostgreSQL.

export const CLUSTER_LIMITS = {
  /** Of one proxy: changes wait for each other anyway, reads of the admin API are few. */
  connections: 4,
  /** For a connection to be there, … */
  connectMs: 3_000,
  /** … for one answer, with a bundle of 12 MB over a slow line, … */
  queryMs: 10_000,
  /** … and for the changes of others before one's own. */
  lockMs: 5_000,
  /** Statements that are sent before any is answered: the time of each runs from then on, … */
  statementsAhead: 64,
  /** … and letters that they carry: all is held until it has left. */
  lettersAhead: 4_194_304,
  /** How long a proxy that hangs may hold up the changes of all others. */
  idleInTransactionMs: 10_000,
  /** What became of a change whose answer was lost is asked for this often, … */
  commitLooks: 10,
  /** … this far apart: a server that was started again answers meanwhile. */
  commitLookMs: 300,
  /** For a connection to be closed: a server that is gone does not answer that either. */
  goodbyeMs: 1_000,
  /** A connection that nobody needs is closed. */
  idleMs: 30_000,
  /** How often a proxy looks for what others have changed, without a hint; ± 1 s. */
  lookMs: 5_000,
  /** A server that does not answer this fast to a look does not answer. */
  heartbeatMs: 2_000,
  /** Up to how long until it is tried again, at first, doubled each time, … */
  retryMs: 2_000,
  /** … and at last. */
  retryMsMax: 5_000,
  /** While it does not answer, a change that is refused has it looked for, this often at most. */
  nudgeMs: 1_000,
  /** How long a change that PostgreSQL died after waits until it serves here. */
  readBackMs: 10_000,
  /** How often a change of traffic is tried that others' changes come before, … */
  conflicts: 5,
  /** … and how long until this proxy serves what those have stored, … */
  caughtUpMs: 5_000,
  /** … looked for this often. */
  caughtUpLookMs: 20,
  /** How often a proxy reports to the others. */
  reportMs: 3_000,
  /** One that has not reported for this long is not waited for. */
  leaseMs: 10_000,
  /** How often a proxy tells how versions fare, and the one that judges them looks. */
  talliesMs: 1_000,
  /** Versions that are told of at once; what is left is told of the next time. */
  tallies: 2_000,
  /** What whoever judges next reads of before: twice the usual window. */
  talliesKeptMs: 120_000,
  /** What was told of a while before it could be read is read the next time. */
  talliesOverlapMs: 10_000,
  /** How often the one that judges says that it lives; the others look whether it does. */
  leaseRenewMs: 3_000,
  /** For another proxy to be reached, and to answer: nobody waits longer for one that hangs. */
  askMs: 2_000,
  /** That are asked at once. */
  askedAtOnce: 16,
  /** Of one answer: the usage of 10,000 tenants is some 3 MB. */
  askedBytes: 16_777_216,
  /** Of one proxy's part in an answer that has those of all: 100 proxies' are some 30 MB. */
  usageTenants: 1_000,
  /** How often a tail of all proxies looks which there are. */
  tailLookMs: 5_000,
  /** A tail that brings not even a sign of life for so long is opened again. */
  tailSilentMs: 40_000,
  /** Proxies that one tail reads: each may hold a piece of what its reader has not taken yet. */
  tailNodes: 100,
  /** For all that live to serve a deployment: until the lease of one that fell silent has ended. */
  everywhereMs: 12_000,
  /** How often it is looked whether they do: at first, … */
  everywhereLookMs: 10,
  /** … and at last, each time twice as long after the one before. */
  everywhereLookMsMax: 200,
  /** One that ended is listed for this long, if it did not say goodbye: a day. */
  nodesKeptMs: 86_400_000,
  /** That are listed. */
  nodes: 1_000,
  /** Of what a proxy says of a change that it cannot take. */
  refusalLength: 1_000,
  /** What a proxy could not take is tried again after this time, doubled each time, … */
  refusedRetryMs: 1_000,
  /** … and at last this often. */
  refusedRetryMsMax: 60_000,
  /** Counters whose counts are told and asked for in one statement. */
  countsAtOnce: 1_000,
  /** How often a proxy that counts says that it does, and looks for those that are gone: … */
  goneCountsLookMs: 3_600_000,
  /** … for a day, as long as nodes are listed. What they told is merged then, … */
  goneCountsMs: 86_400_000,
  /** … of so many at a time: each is a transaction. */
  goneCountsAtOnce: 100,
  /** How often what was let through of limits of all proxies is told at most, … */
  usesTellMsMin: 20,
  /** … and at least; and how often it is looked whether others have reset something. */
  usesLookMs: 1_000,
  /** After this long without PostgreSQL windows are shared without it: it was tried twice. */
  aloneAfterMs: 4_500,
  /** Keys that are told of in one statement; the others come with the next one, … */
  usesAtOnce: 1_000,
  /** … after a rest of so many times as long as it took, if it was full of them. */
  usesRest: 2,
  /** What was let through in a window is kept this long after its end, … */
  usesKeptMs: 10_000,
  /** … and forgotten by so many keys at a time: one statement must be answered soon. */
  usesForgotten: 5_000,
  /** Of the rows that a failover or a restore has changed, those that the log names. */
  replacedShown: 50,
  /** Changes that a proxy can catch up on one by one; after more it compares everything. */
  changesKept: 10_000,
} as const;
