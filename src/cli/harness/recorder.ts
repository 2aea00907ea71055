// Records what happens in the isolate while the requests of a test run, request by request: hooks
// with ctx, and log lines. It is also the logger of the runtime there: pino would load its
// packages into the process of a rehearsal, which cannot read them.

import type { HookRun, TestLine } from "../../../sdk/test.ts";
import { OPERATOR } from "../../base/config/operator.ts";
import type { LogLevel } from "../../base/config/types.ts";
import type { LineLogger } from "../../observe/log.ts";
import type { PhaseTrace } from "../../phases/deployment.ts";
import type { CallResult } from "../../sandbox/call.ts";
import { BYTES, MARK } from "../../wire/ctx-text.ts";
import { HOOKS } from "../../wire/phases.ts";

export interface Record {
  readonly hooks: HookRun[];
  readonly log: TestLine[];
}

export class Recorder {
  /** Of no request. */
  readonly log: TestLine[] = [];
  readonly logger: LineLogger;
  readonly #records = new Map<string, Record>();

  constructor() {
    const at = (level: LogLevel) => (fields: unknown, text?: unknown) =>
      this.#addLine(level, fields, text);
    this.logger = {
      isLevelEnabled: () => true,
      trace: at("trace"),
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    };
  }

  /** What was recorded of a request that is over. */
  take(id: string): Record {
    const record = this.#of(id);
    this.#records.delete(id);
    return record;
  }

  /** @param owner  of the script */
  traceOf(owner: string): PhaseTrace {
    const by = owner === OPERATOR ? BY_OPERATOR : {};
    return (id, mask, result) => this.#trace(this.#of(id).hooks, { mask, result, by });
  }

  #trace(hooks: HookRun[], { mask, result, by }: Traced): void {
    const { failure } = result;
    const before = hooks.findLast(({ operator }) => operator === by.operator)?.ctx ?? {};
    const ctx = result.ctx === "" ? before : JSON.parse(result.ctx, withBytes);
    const error = failure === null ? null : { code: failure.code, message: failure.message };
    const ran = HOOKS.filter((_, index) => {
      const isLast = result.hook < 0 || index <= result.hook;
      return ((mask >> index) & 1) === 1 && isLast;
    });
    for (const hook of ran) {
      hooks.push({ hook, ctx, error: hook === ran.at(-1) ? error : null, ...by });
    }
  }

  #of(id: string): Record {
    const record = this.#records.get(id) ?? { hooks: [], log: [] };
    this.#records.set(id, record);
    return record;
  }

  /** As pino takes it: fields and a text, or a text. */
  #addLine(level: LogLevel, fields: unknown, text: unknown): void {
    const {
      id = "",
      hook = "",
      tenant,
    }: LineFields = typeof fields === "object" ? { ...fields } : {};
    const by = tenant === OPERATOR ? BY_OPERATOR : {};
    const line = { level, hook, message: String(text ?? fields), ...by };
    if (id === "") this.log.push(line);
    else this.#of(id).log.push(line);
  }
}

interface LineFields {
  readonly id?: string;
  readonly hook?: string;
  readonly tenant?: string;
}

interface Traced {
  readonly mask: number;
  readonly result: CallResult;
  readonly by: By;
}

/** Whose hook or line it is. */
type By = Pick<HookRun, "operator">;

const BY_OPERATOR: By = { operator: true };

/** Of ctx as it crosses: what stands there for bytes is bytes again. */
function withBytes(_key: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(MARK)) return value;
  const rest = value.slice(BYTES.length);
  return value.startsWith(BYTES) ? new Uint8Array(Buffer.from(rest, "base64")) : rest;
}
