// What is noted of one exchange while it goes on. Its client's stream and its transport are wrapped
// (captured-stream.ts, captured-transport.ts), its calls ask it for notes; whoever began it is told
// when it has ended.

import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type {
  CallRecord,
  CaptureRecord,
  EndRecord,
  RequestRecord,
} from "../../observe/capture/record.ts";
import type { TraceFacts } from "../../observe/trace/request-trace.ts";
import type { CallNotes, Exchange } from "../../phases/exchange.ts";
import type { Transport } from "../../upstream/transport.ts";
import { NOTES_CUT } from "../../wire/records.ts";
import { CapturedTransport, type RecordedAttempt } from "./captured-transport.ts";
import { RecordedBody } from "./recorded-body.ts";

export type CaptureEnded = (record: CaptureRecord) => void;

/** Nothing: the call is to be noted. */
type NotesOf = (chain: number) => string;

interface Surroundings {
  readonly transport: Transport;
  readonly logged: (exchange: Exchange) => void;
}

const factsOf = ({ traceId, spanId, parentId, flags, state }: TraceFacts): TraceFacts => {
  return { traceId, spanId, parentId, flags, state };
};

/** What no record can say when it happened. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  "client_aborted",
  "client_write_timeout",
  "request_timeout",
]);

export class Capture implements CallNotes {
  readonly requestBody = new RecordedBody();
  readonly answerBody = new RecordedBody();
  readonly attempts: RecordedAttempt[] = [];
  /** Head of the answer; null: none was written. */
  answer: Pick<EndRecord, "status" | "headers"> | null = null;
  readonly #calls: CallRecord[] = [];
  readonly #notesOf: NotesOf;
  readonly #ended: CaptureEnded;
  #request: Omit<RequestRecord, "body"> | null = null;
  #gap: string | null = null;

  /** @param notesOf  of a request that is replayed */
  constructor(ended: CaptureEnded, notesOf: NotesOf = () => "") {
    this.#ended = ended;
    this.#notesOf = notesOf;
  }

  /** What it is served with. To be called before its first hook. */
  around<Context extends Surroundings>(context: Context, exchange: Exchange): Context {
    this.#began(exchange);
    return {
      ...context,
      transport: new CapturedTransport(context.transport, this, () => exchange.destination),
      logged: (ended: Exchange) => {
        context.logged(ended);
        this.#over(ended);
      },
    };
  }

  #began(exchange: Exchange): void {
    const { method, target, host, authority, version, headers, client, trace } = exchange;
    const { address, port, tlsText } = client;
    const from = { address, port, tlsText };
    const head = { method, target, host, authority, version, headers };
    this.#request = { ...head, client: from, trace: trace === null ? null : factsOf(trace) };
  }

  before(chain: number): string {
    return this.#notesOf(chain);
  }

  after(chain: number, notes: string | null): void {
    if (this.#calls.length >= CAPTURE_LIMITS.calls) return this.lacks("too many calls of hooks");
    if (notes === NOTES_CUT) this.lacks("a hook that learnt more than a record holds");
    this.#calls.push({ chain, notes });
  }

  /** It cannot be replayed, for want of that. */
  lacks(what: string): void {
    this.#gap ??= what;
  }

  #over(exchange: Exchange): void {
    if (this.#request === null) return;
    if (exchange.error !== null && CLIENTS_OWN.has(exchange.error.code)) {
      this.lacks("a client that sent and read to the end");
    }
    const attempts = this.attempts.map((attempt) => attempt.record(this));
    const hasBody = this.requestBody.record().bytes > 0;
    if (!this.requestBody.isWhole) this.lacks("the whole body of the request");
    this.#ended({
      id: exchange.id,
      startMs: exchange.startMs,
      deployment: exchange.deployment?.name ?? "",
      request: { ...this.#request, body: hasBody ? this.requestBody.record() : null },
      calls: this.#calls,
      attempts,
      end: {
        error: exchange.error?.code ?? null,
        status: this.answer?.status ?? 0,
        headers: this.answer?.headers ?? "",
        body: this.answerBody.record(),
      },
      gap: this.#gap,
      redacted: [],
    });
  }
}
