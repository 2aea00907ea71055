// gRPC's health protocol (grpc.health.v1.Health/Check): the one call that a check makes, written by
// hand, since its messages have one field each.
//
//     asked     0 │ length 32 │ 0x0a, length, service        (nothing of it for the whole server)
//     answered  0 │ length 32 │ 0x08, 1: SERVING             and grpc-status: 0 behind it

import { fieldOf } from "../../wire/headers.ts";

export const GRPC_HEALTH_PATH = "/grpc.health.v1.Health/Check";
export const GRPC_LINES = "Content-Type: application/grpc\r\n";

const PREFIX_BYTES = 5;
const SERVICE_FIELD = 0x0a;
const STATUS_FIELD = 0x08;
const SERVING = 1;

/** The body of the request. @param service  up to 127 bytes; empty: the server as a whole */
export function grpcHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([SERVICE_FIELD, name.length]), name]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/**
 * Null: it is serving. Else why it is not sound.
 *
 * @param fields  the trailers; of an answer that is a head alone, that
 */
export function grpcHealthResult(fields: string, body: Buffer): string | null {
  const status = fieldOf(fields, "grpc-status") ?? "none";
  if (status !== "0") return `it answered with grpc-status ${status.slice(0, 8)}`;
  if (body[0] === 1) return "its answer is compressed, which it was not asked for";
  const isServing = body[PREFIX_BYTES] === STATUS_FIELD && body[PREFIX_BYTES + 1] === SERVING;
  return isServing ? null : "it is not serving";
}
