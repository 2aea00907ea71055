// A request as it was, with everything that it depended on beside the script: what the client sent,
// what its hooks' calls learnt, what peers answered. And what came of it: what was sent to peers,
// and what the client got. Whoever replays it makes a second record, and compares.

import type { TraceFacts } from "../trace/request-trace.ts";

export interface BodyRecord {
  /** Its beginning; all of it, if that has as many bytes. */
  readonly base64: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Lengths of the pieces in which it came. */
  readonly chunks: readonly number[];
}

export interface RequestRecord {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly authority: string;
  readonly version: "1.0" | "1.1" | "2";
  /** As the first hook saw them. */
  readonly headers: string;
  readonly client: { readonly address: string; readonly port: number; readonly tlsText: string };
  readonly body: BodyRecord | null;
  /** The trace that it was part of; null: nobody traced. */
  readonly trace: TraceFacts | null;
}

/** One call of hooks: which chain (phases/table.ts), and what it learnt (sdk/runtime/notes.ts). */
export interface CallRecord {
  readonly chain: number;
  /** Null: it did not come so far. */
  readonly notes: string | null;
}

export interface AttemptRecord {
  /** Of the upstream group, or the peer as the script wrote it. */
  readonly destination: string;
  readonly peer: string;
  /** Null: there was no connection. */
  readonly connection: ConnectionRecord | null;
  /** Null: nothing was sent. */
  readonly request: SentRecord | null;
  /** Null: there was none. */
  readonly response: ResponseRecord | null;
  /** Code of what ended it; null: nothing did. */
  readonly failure: string | null;
}

export interface ConnectionRecord {
  readonly isReused: boolean;
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  readonly local: string;
  readonly tls: boolean;
  readonly connectMs: number;
  readonly ageMs: number;
}

export interface SentRecord {
  readonly method: string;
  readonly target: string;
  readonly headers: string;
  readonly body: BodyRecord | null;
}

export interface ResponseRecord {
  readonly status: number;
  readonly reason: string;
  readonly headers: string;
  /** As UpstreamResponse has it. */
  readonly contentLength: number;
  readonly body: BodyRecord;
  /** The first piece came with the head. */
  readonly hasFirst: boolean;
  /** The head came with all of the body. */
  readonly isComplete: boolean;
  readonly trailers: string;
}

/** What the client got. */
export interface EndRecord {
  /** Code; null: there was no error. */
  readonly error: string | null;
  /** 0: it got nothing. */
  readonly status: number;
  readonly headers: string;
  readonly body: BodyRecord;
}

export interface CaptureRecord {
  readonly id: string;
  readonly startMs: number;
  readonly deployment: string;
  readonly request: RequestRecord;
  readonly calls: readonly CallRecord[];
  readonly attempts: readonly AttemptRecord[];
  readonly end: EndRecord;
  /** Why it cannot be replayed; null: it can. */
  readonly gap: string | null;
  /** Header fields whose values are not in it. */
  readonly redacted: readonly string[];
}

/** What a rule may compare, in the order of a request's life. */
export const COMPARED = ["upstream", "request", "status", "headers", "body"] as const;

export type Compared = (typeof COMPARED)[number];
