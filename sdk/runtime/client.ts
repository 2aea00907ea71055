// `session.client`: who asks, and how, and what the script has kept for the client's connection.

import { CLIENT_STATE_CHARS_MAX, OUT } from "../../src/wire/records.ts";
import { CtxError, jsonText } from "./ctx.ts";
import type { Call } from "./current.ts";
import { deepFrozen } from "./frozen.ts";
import type { Parts } from "./parts.ts";
import { out } from "./port.ts";
import { jsonParse, stringSlice } from "./primordials.ts";

export interface ClientFacts {
  readonly address: string;
  readonly port: number;
  readonly tls: unknown;
  readonly proxy: unknown;
  state: unknown;
}

export function clientOf(call: Call, parts: Parts): ClientFacts {
  const { client } = parts;
  let text = parts.clientState;
  return {
    address: client?.address ?? "",
    port: client?.port ?? 0,
    get tls(): unknown {
      const facts = client?.tls ?? "";
      return facts === "" ? null : deepFrozen(jsonParse(facts));
    },
    get proxy(): unknown {
      const facts = client?.proxy ?? "";
      return facts === "" ? null : deepFrozen(jsonParse(facts));
    },
    get state(): unknown {
      return text === "" ? undefined : deepFrozen(jsonParse(text));
    },
    set state(value: unknown) {
      text = value === undefined ? "" : textOf(value);
      parts.clientState = text;
      if (call.isLive) out.write(text, OUT.CLIENT_STATE, call.id, text.length);
    },
  };
}

function textOf(value: unknown): string {
  let text: string;
  try {
    text = jsonText(value);
  } catch (thrown) {
    if (!CtxError.is(thrown)) throw thrown;
    throw new TypeError(`session.client.state${stringSlice(thrown.message, "ctx".length)}`);
  }
  if (text.length <= CLIENT_STATE_CHARS_MAX) return text;
  const most = `at most ${CLIENT_STATE_CHARS_MAX} characters as JSON`;
  throw new RangeError(`session.client.state: expected ${most}, got ${text.length}`);
}
