// The parts of a call's frame: slices of its text, cut when a hook looks at them.

/** A slice of the frame's text, taken when it is needed. */
export class Piece {
  readonly #text: string;
  readonly #from: number;
  readonly #to: number;

  constructor(text: string, from: number, length: number) {
    this.#text = text;
    this.#from = from;
    this.#to = from + length;
  }

  get text(): string {
    return apply(slice, this.#text, [this.#from, this.#to]);
  }
}

/** What came with the call; null where the phase has no such thing. */
export interface Parts {
  attempt: number;
  canRetry: boolean;
  /** The time of the turn that the call came in. */
  turnMs: number;
  request: { method: Piece; target: Piece; headers: Piece; host: Piece; minor: number } | null;
  client: { address: Piece; port: number; id: Piece; tls: boolean; startMs: Piece } | null;
  upstreamRequest: { method: Piece; target: Piece; headers: Piece } | null;
  response: { status: number; headers: Piece } | null;
  upstream: { peer: Piece; local: Piece; reused: boolean; tls: boolean; connectMs: number } | null;
  error: { code: Piece; blame: Piece; message: Piece; status: number } | null;
  totals: { received: Piece; sent: Piece } | null;
  peer: Piece | null;
  /** The chunk is the last of its body. */
  isEnd: boolean;
}

const apply = Reflect.apply;
const slice = String.prototype.slice;
