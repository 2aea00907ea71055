// The layout of a turn frame. A frame is three sections, the same in memory and on a pipe:
//
//   records   RECORD_WORDS 32-bit integers each: [kind, a, b, c, d, e]
//   text      one latin1 string: the texts of all records, in their order, end to end
//   bytes     body bytes of all records, in their order, end to end
//
// A record holds no text, only lengths; the text section is cut by them. Free text (ctx, messages,
// log lines) is JSON with \u escapes, so that the section stays latin1. For example the call
//   [CALL, 7, 0b10101, 0, 2, 0] [REQUEST, 3, 6, 19, 0, 1]    text: {}GET/x?y=1host: example.com\r\n
// runs newCtx, requestFilter and upstreamPeer of exchange 7 with ctx {}.

/** Words of a record, its kind included. */
export const RECORD_WORDS = 6;

/** Records that a frame holds at most, in either direction: bounds the window at 48 KiB. */
export const FRAME_RECORDS_MAX = 2048;

/**
 * Characters of a ctx as JSON, whatever its tenant's limit: it crosses with each call of its
 * request, up to 128 in a frame.
 */
export const CTX_CHARS_MAX = 1_048_576;

/**
 * Of a body that crosses at once, in and out: a chunk, or a body that is kept whole for its hook.
 * Both sides hold it several times over, and the memory of an isolate is 64 MiB unless configured.
 */
export const BODY_BYTES_MAX = 33_554_432;

/** Of a script's own answer. It waits in memory for its client, several of them at a time. */
export const ANSWER_BYTES_MAX = 16_777_216;

/** Of headers, in one call: each is a search of the block for the host. */
export const EDITS_MAX = 2_000;

/** Their names and values, and an answer's headers: the host takes 64 KiB for each block. */
export const EDITS_CHARS_MAX = 4_194_304;

/** Of one header block that a script makes: as much as a head may have that comes in. */
export const HEADERS_CHARS_MAX = 65_536;

/** Of a target that a script writes. */
export const TARGET_CHARS_MAX = 16_384;

/** Fields that a request's scripts add to its access line. */
export const LOG_FIELDS_MAX = 16;

/** Of a field's value as JSON: the line is written for each request. */
export const LOG_FIELD_CHARS_MAX = 1_024;
/** Of a field. */
export const LOG_FIELD_NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/** Moments that a request's scripts mark in its time. Their names are as those of fields. */
export const MARKS_MAX = 16;

/** Of what a script keeps for a client's connection, as JSON. */
export const CLIENT_STATE_CHARS_MAX = 4_096;

/** Of what one call has learnt, as text: there is a record of at most so much. */
export const NOTES_CHARS_MAX = 262_144;
/** In place of what was longer. */
export const NOTES_CUT = "cut";
/** Among them: the call answered with a fetched body that never entered the isolate. */
export const NOTES_PASSED = '[10,"",0]';

/** Said of a body: it passes its hooks by. Else the bytes up to which it is kept whole, or 0. */
export const PASSED_BODY = -1;

/** All that one call does to its request: a body, or an answer with edits, and words for each. */
export const EFFECTS_SIZE_MAX = 41_943_040;

/** Asks that one isolate has open at the host: the runtime asks for no more. */
export const ASKS_MAX = 10_000;

/** The longest a timer may wait: 2^31 - 1 ms, as elsewhere. */
export const DELAY_MAX_MS = 2_147_483_647;

/**
 * A frame of this many characters and bytes takes no further call, and none of its records: both
 * sides hold it at once.
 */
export const FRAME_SIZE_MAX = 4_194_304;

/** Words of the window of one direction. */
export const WINDOW_WORDS = RECORD_WORDS * FRAME_RECORDS_MAX;

/** Added to the minor version of a request, 0 or 1; HTTP/2 counts as 1.1. */
export const REQUEST_FLAGS = {
  /** In either direction: what a script removes must be known, there or not. */
  mayHaveTrailers: 2,
  isHttp2: 4,
} as const;

/** Of a connection to a peer. */
export const CONNECTION_FLAGS = { reused: 1, tls: 2 } as const;

/** Host to isolate. `L` marks lengths in the text section, `B` in the byte section. */
export const IN = {
  /** callId, hook mask, attempt, ctx L, its request: the same for all calls of one, never 0 */
  CALL: 1,
  /** method L, target L, headers L, authority L, minor version + REQUEST_FLAGS */
  REQUEST: 2,
  /** address L, port, id L, TLS L (JSON; empty: in the clear), startMs L (decimal) */
  CLIENT: 3,
  /** method L, target L, headers L */
  UPSTREAM_REQUEST: 4,
  /** status, headers L, whose it is (response-sources.ts) */
  RESPONSE: 5,
  /** peer L, local L, CONNECTION_FLAGS, its age in ms, connect time in µs */
  UPSTREAM: 6,
  /** code L, blame L, message L (JSON), status, canRetry 0|1 */
  ERROR: 7,
  /** received L (decimal), sent L (decimal) */
  TOTALS: 8,
  /** peer L */
  PEER: 9,
  /** askId, ok 0|1, text L, bytes B */
  ANSWER: 10,
  /** callId: its exchange is gone, its result is not wanted */
  CANCEL: 11,
  /** chunk B, end of stream 0|1 */
  CHUNK: 12,
  /** what earlier calls of the request have used: ms, log lines, log text, host calls */
  USED: 13,
  /** JSON L: what the script has kept for the client's connection */
  CLIENT_STATE: 14,
  /** of the request, of the response: what hooks have said of its body, as PASSED_BODY has it */
  BODY_MODES: 15,
  /** JSON L: moments that hooks have marked, by name */
  MARKS: 16,
  /** JSON L: of a connection to a peer that speaks TLS */
  TLS_DIGEST: 17,
  /** JSON L: the peer, or the name of the group, that is chosen so far */
  CHOICE: 18,
  /** lines L: the trailers that a hook may edit */
  TRAILERS: 19,
  /** JSON L: what the call has learnt before and learns again; empty: it is to note that */
  NOTES: 20,
  /** ids L (trace 32, span 16, and its parent's 16 if it has one), tracestate L, flags */
  TRACE: 21,
} as const;

/** Isolate to host. */
export const OUT = {
  /** callId, outcome, index of the last hook that ran, ctx L (empty: newCtx has not made it) */
  DONE: 1,
  /** callId, target, op, name L, value L */
  EDIT: 2,
  /** callId, target (request, upstream request), method L, target L */
  LINE: 3,
  /** callId, status */
  STATUS: 4,
  /** callId, status, headers L, body L (latin1 bytes as text), body B */
  RESPOND: 5,
  /** callId, form (0 group name, 1 peer as JSON), text L */
  CHOOSE: 6,
  /** callId, decision */
  DECIDE: 7,
  /** callId, JSON L */
  OPTIONS: 8,
  /** callId (0: none, or one that is over), level, message L (JSON string), hook, request id L */
  LOG: 9,
  /** callId, code, text L (JSON: { message, stack }) */
  FAIL: 10,
  /** callId, askId, what is asked (ASK), text L, bytes B */
  ASK: 11,
  /** callId, action, bytes B: what becomes of the chunk */
  BODY: 12,
  /** callId, what the request has used now: ms, log lines, log text, host calls */
  USED: 13,
  /** callId, askId: its answer, or what it still holds, is not wanted any more */
  WITHDRAW: 14,
  /** callId, name L, value L (JSON): a field of the access line */
  LOG_FIELD: 15,
  /** callId, JSON L (empty: nothing any more): what is kept for the client's connection */
  CLIENT_STATE: 16,
  /** callId, status, headers L, askId: a Response whose body is what that ask holds, or takes */
  RESPOND_BY: 17,
  /** callId: what comes out of it is its result, and it goes on behind that until its next DONE */
  GOES_ON: 18,
  /** callId, BODY_SIDE, how the body meets its hooks, as PASSED_BODY has it */
  BODY_MODE: 19,
  /** callId, name L, ms since the start of the request L (decimal) */
  MARK: 20,
  /** callId, low and high half of a hash: its request holds that key of an in-flight limit */
  HOLD: 21,
  /** callId, JSON L (sdk/runtime/notes.ts), or NOTES_CUT: what the call has learnt */
  NOTES: 22,
} as const;

/** `waits` is not the end: the hook awaits something, and this is the ctx until it goes on. */
export const OUTCOME = { ok: 0, failed: 1, notStarted: 2, waits: 3 } as const;
export const TARGET = {
  ...{ request: 0, upstreamRequest: 1, response: 2 },
  ...{ requestTrailers: 3, responseTrailers: 4 },
} as const;
export const OP = { set: 0, append: 1, remove: 2 } as const;
export const DECISION = { retry: 1, fail: 2 } as const;
export const BODY_ACTION = { replace: 1, drop: 2 } as const;
export const BODY_SIDE = { request: 0, response: 1 } as const;
/** Index is the level of a LOG record. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
/** Why a call failed, by the code word of a FAIL record. */
export const FAIL_CODES = [
  "script_error",
  "script_result",
  "script_ctx",
  "body_too_large",
  "script_timeout",
] as const;
