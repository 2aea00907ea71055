// One request under way, as its connection sees it: `serve` is one.

import type { SluiceError } from "../base/errors.ts";
import type { BodySink } from "../http1/body.ts";

export interface RequestHandler extends BodySink {
  /** A client that closes its half, its request sent whole, has left: it is not answered. */
  readonly abortsOnHalfClose: boolean;
  /** The request can no longer be read to its end: bad framing, too slow. */
  onBodyError(error: SluiceError): void;
  /** The client is gone, or will not read: nothing can be written any more. */
  onClientGone(error: SluiceError): void;
  /** What was written has left: write on. */
  onWritable(): void;
}
