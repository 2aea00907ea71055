// The effects of a call, checked and applied to its exchange. What comes out of an isolate is
// hostile: names, values, targets and sizes are checked here again, whatever the runtime inside
// has checked.

import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Answer, Edit, Effects, Line } from "../sandbox/call.ts";
import {
  appendChecked,
  eachField,
  editProblem,
  isFieldBlock,
  isReserved,
  isToken,
  removeField,
  setChecked,
} from "../wire/headers.ts";
import { foldedName, withoutLookalikes } from "../wire/lookalikes.ts";
import { OP, TARGET } from "../wire/records.ts";
import { optionProblem } from "../wire/session-options.ts";
import { withBodyModes } from "./body-modes.ts";
import { isClientState } from "./client-states.ts";
import type { EditedNames, Exchange, RequestParts } from "./exchange.ts";
import type { Layer, SessionOptions } from "./layer.ts";
import { withLogFields } from "./log-fields.ts";
import { withMarks } from "./marks.ts";

/**
 * Throws script_result for an effect that must not happen; the exchange is then as it was.
 * @param layer  whose hooks have made them
 */
export function applyEffects(exchange: Exchange, layer: Layer, effects: Effects): void {
  if (effects.answer !== null) checkAnswer(effects.answer);
  const edited = { request: null as string | null, upstream: null as string | null };
  const { editedNames } = exchange;
  let requestTrailers = editedNames?.requestTrailers ?? "";
  let responseTrailers = editedNames?.responseTrailers ?? "";
  let response: string | null = null;
  let mayHaveId = exchange.response?.mayHaveId ?? true;
  for (const edit of effects.edits) {
    if (edit.target === TARGET.request) {
      edited.request = editBlock(edited.request ?? exchange.headers, edit);
    } else if (edit.target === TARGET.upstreamRequest && exchange.upstreamRequest !== null) {
      edited.upstream = editBlock(edited.upstream ?? exchange.upstreamRequest.headers, edit);
    } else if (edit.target === TARGET.response && exchange.response !== null) {
      response = editBlock(response ?? exchange.response.headers, edit);
      mayHaveId ||= edit.name.length === ID_NAME_LENGTH;
    } else if (edit.target === TARGET.requestTrailers && editedNames !== null) {
      requestTrailers = editBlock(requestTrailers, edit);
    } else if (edit.target === TARGET.responseTrailers && editedNames !== null) {
      responseTrailers = editBlock(responseTrailers, edit);
    } else {
      throw new SluiceError("script_result", "an edit of something that is not there");
    }
  }
  for (const line of effects.lines) checkLine(line);
  const options = effects.options === null ? null : readOptions(effects.options);
  if (effects.status !== 0) checkStatus(effects.status);
  const logFields =
    effects.logFields.length === 0 ? null : withLogFields(layer.logFields, effects.logFields);
  if (effects.clientState !== null && !isClientState(effects.clientState)) {
    throw new SluiceError("script_result", "session.client.state: expected JSON of its size");
  }
  const bodies =
    effects.bodyModes === null ? null : withBodyModes(exchange, layer, effects.bodyModes);
  const marks = effects.marks === null ? null : withMarks(layer.marks, effects.marks);
  // every check is behind us: from here on nothing fails
  if (editedNames !== null) {
    noteNames(editedNames, effects.edits);
    editedNames.requestTrailers = requestTrailers;
    editedNames.responseTrailers = responseTrailers;
  }
  for (const line of effects.lines) applyLine(exchange, line);
  if (edited.request !== null) exchange.headers = edited.request;
  if (edited.upstream !== null && exchange.upstreamRequest !== null) {
    exchange.upstreamRequest.headers = edited.upstream;
  }
  if (exchange.response !== null) {
    if (response !== null) exchange.response.headers = response;
    exchange.response.mayHaveId = mayHaveId;
    if (effects.status !== 0) exchange.response.status = effects.status;
  }
  if (options !== null) layer.options = options;
  if (bodies !== null) layer.bodies = bodies;
  if (marks !== null) layer.marks = marks;
  if (logFields !== null) layer.logFields = logFields;
  if (effects.clientState !== null) {
    exchange.states?.keep(layer.deployment?.tenantId ?? "", effects.clientState);
  }
}

function noteNames(names: EditedNames, edits: readonly Edit[]): void {
  for (const { target, name } of edits) {
    if (target >= TARGET.requestTrailers) continue; // what is left of those is what was meant
    const of = target === TARGET.response ? names.response : names.request;
    of.add(foldedName(name.toLowerCase()));
  }
}

const ID_NAME_LENGTH = "x-request-id".length;

const OP_NAMES = ["set", "append", "remove"] as const;

function editBlock(block: string, edit: Edit): string {
  const { op, name, value } = edit;
  const opName = OP_NAMES[op];
  if (opName === undefined) throw new SluiceError("script_result", "an edit of unknown kind");
  const { target } = edit;
  const isResponse = target === TARGET.response || target === TARGET.responseTrailers;
  const of = isResponse ? "response" : "request";
  const problem = editProblem({ operation: opName, of }, name, value);
  if (problem !== null) throw new SluiceError("script_result", problem);
  const given = of === "request" ? withoutLookalikes(block, name.toLowerCase()) : block;
  const edited = applyEdit(given, edit);
  if (edited.length > LIMITS.scriptHeaderBytes) {
    const message = `headers of over ${LIMITS.scriptHeaderBytes} bytes`;
    throw new SluiceError("script_result", message);
  }
  return edited;
}

function applyEdit(block: string, { op, name, value }: Edit): string {
  if (op === OP.set) return setChecked(block, name, value);
  return op === OP.append ? appendChecked(block, name, value) : removeField(block, name);
}

const TARGET_TEXT = /^(?:\/[!-"$-~]*|\*)$/;

function checkLine(line: Line): void {
  const isMethod = isToken(line.method) && line.method.length <= LIMITS.methodChars;
  if (!isMethod || line.method === "CONNECT" || line.method === "TRACE") {
    throw new SluiceError("script_result", "expected a method that may be forwarded");
  }
  if (line.path.length > LIMITS.scriptTargetBytes) {
    const expected = `expected a target of at most ${LIMITS.scriptTargetBytes} characters`;
    throw new SluiceError("script_result", expected);
  }
  if (!TARGET_TEXT.test(line.path)) {
    throw new SluiceError("script_result", "expected a target: a path of visible ASCII from /");
  }
  if (line.path === "*" && line.method !== "OPTIONS") {
    throw new SluiceError("script_result", "the target * is for OPTIONS alone");
  }
  if (line.target !== TARGET.request && line.target !== TARGET.upstreamRequest) {
    throw new SluiceError("script_result", "a method and target of something that has none");
  }
}

function applyLine(exchange: Exchange, line: Line): void {
  const parts: RequestParts | null =
    line.target === TARGET.request ? exchange : exchange.upstreamRequest;
  if (parts === null) return;
  parts.method = line.method;
  parts.target = line.path;
}

function checkStatus(status: number): void {
  if (status >= 200 && status <= 599) return;
  throw new SluiceError("script_result", `expected a status from 200 to 599, got ${status}`);
}

function checkAnswer(answer: Answer): void {
  checkStatus(answer.status);
  if (answer.headers.length > LIMITS.scriptHeaderBytes || !isFieldBlock(answer.headers)) {
    throw new SluiceError("script_result", "a Response whose headers are not valid");
  }
  eachField(answer.headers, (name) => {
    if (!isReserved(name.toLowerCase())) return;
    throw new SluiceError("script_result", `a Response may not set the header "${name}"`);
  });
}

function readOptions(json: string): SessionOptions {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    throw new SluiceError("script_result", "session.options is not JSON");
  }
  const options: Record<string, number> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    const problem = optionProblem(name, value);
    if (problem !== null || typeof value !== "number") {
      throw new SluiceError("script_result", `session.options.${name}: ${problem}`);
    }
    options[name] = value;
  }
  return options;
}
