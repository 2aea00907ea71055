// A connection at whose other end anybody may be. The library reads what comes in a handler of the
// socket, and throws there what it cannot read: a server that wants a login of a kind that it does
// not know is enough. Nobody could catch that, and it would end the process; here it ends the line.

import type { Duplex } from "node:stream";
import { Client, type ClientConfig } from "pg";

export class LineClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    const { connection } = this;
    // the library listens by then, and nothing has come yet
    const event = this.ssl ? "sslconnect" : "connect";
    connection.once(event, () => endByItself(connection.stream));
  }
}

/** What is thrown where it is read is an error of the stream. */
function endByItself(stream: Duplex): void {
  for (const read of stream.listeners("data")) {
    stream.off("data", read);
    stream.on("data", (data) => {
      try {
        read(data);
      } catch (thrown) {
        stream.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
  }
}
