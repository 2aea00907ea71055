// DOMException as far as the web globals throw it: a name, and the number that old names have.

import { mapGet, objectDefineProperty } from "../primordials.ts";

const CODES: ReadonlyMap<string, number> = new Map([
  ["InvalidCharacterError", 5],
  ["NotSupportedError", 9],
  ["SyntaxError", 12],
  ["AbortError", 20],
  ["TimeoutError", 23],
  ["DataCloneError", 25],
]);

export class DOMException extends Error {
  readonly code: number;

  constructor(message: string = "", name: string = "Error") {
    super(`${message}`);
    objectDefineProperty(this, "name", { value: `${name}`, configurable: true, writable: true });
    this.code = mapGet(CODES, this.name) ?? 0;
  }
}
