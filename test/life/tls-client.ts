// A client that speaks TLS, byte by byte within it.

import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";

export interface Shown {
  readonly socket: TLSSocket;
  /** Its certificate's names. */
  readonly names: string;
}

/** Whatever certificate it is shown. */
export async function secured(port: number, options: ConnectionOptions): Promise<Shown> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  return { socket, names: socket.getPeerCertificate().subjectaltname ?? "" };
}

export const get = (host: string, path = "/", more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

/** All that comes until the connection ends. */
export async function until(socket: TLSSocket, request: string): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  socket.write(request);
  await once(socket, "close");
  return text;
}
