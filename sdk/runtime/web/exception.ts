// DOMException: a name, and the number that old names have.

import { mapGet, objectDefineProperty } from "../primordials.ts";

/** Place in the list is the number; nothing where a name is of the past. */
const NAMES =
  "- IndexSizeError - HierarchyRequestError WrongDocumentError InvalidCharacterError - " +
  "NoModificationAllowedError NotFoundError NotSupportedError InUseAttributeError " +
  "InvalidStateError SyntaxError InvalidModificationError NamespaceError InvalidAccessError - " +
  "TypeMismatchError SecurityError NetworkError AbortError URLMismatchError QuotaExceededError " +
  "TimeoutError InvalidNodeTypeError DataCloneError";

const CODES: ReadonlyMap<string, number> = new Map(
  NAMES.split(" ").map((name, code): [string, number] => [name, name === "-" ? 0 : code]),
);

export class DOMException extends Error {
  readonly code: number;

  constructor(message: string = "", name: string = "Error") {
    super(`${message}`);
    objectDefineProperty(this, "name", { value: `${name}`, configurable: true, writable: true });
    this.code = mapGet(CODES, this.name) ?? 0;
  }
}
