// A certificate and its key as bytes that threads share: posted to a worker, nothing is copied.

/** PEM, both: the certificate with its chain. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export interface PemText {
  /** The certificates, and behind them the key. */
  readonly bytes: SharedArrayBuffer;
  readonly certBytes: number;
}

export function sharePem({ cert, key }: PemPair): PemText {
  const certBytes = Buffer.byteLength(cert, "latin1");
  const bytes = new SharedArrayBuffer(certBytes + Buffer.byteLength(key, "latin1"));
  Buffer.from(bytes).write(cert + key, "latin1");
  return { bytes, certBytes };
}

export function readPemText({ bytes, certBytes }: PemText): PemPair {
  const text = Buffer.from(bytes).toString("latin1");
  return { cert: text.slice(0, certBytes), key: text.slice(certBytes) };
}
