// How the host's operations refuse a call of `crypto.subtle`.

export type FaultKind = "DataError" | "NotSupportedError" | "OperationError";

/** Becomes a DOMException of that name. The sentence is ours, without the library's own text. */
export class CryptoFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
