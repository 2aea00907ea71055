// The numbers that DOMException's old names have, as constants of the class and of its objects:
// `ABORT_ERR` and the like.

import { DOMException } from "../shared.ts";

const NAMES =
  "INDEX_SIZE DOMSTRING_SIZE HIERARCHY_REQUEST WRONG_DOCUMENT INVALID_CHARACTER NO_DATA_ALLOWED " +
  "NO_MODIFICATION_ALLOWED NOT_FOUND NOT_SUPPORTED INUSE_ATTRIBUTE INVALID_STATE SYNTAX " +
  "INVALID_MODIFICATION NAMESPACE INVALID_ACCESS VALIDATION TYPE_MISMATCH SECURITY NETWORK ABORT " +
  "URL_MISMATCH QUOTA_EXCEEDED TIMEOUT INVALID_NODE_TYPE DATA_CLONE";

export function installExceptionConstants(): void {
  for (const [index, name] of NAMES.split(" ").entries()) {
    const constant = { value: index + 1, enumerable: true };
    Object.defineProperty(DOMException, `${name}_ERR`, constant);
    Object.defineProperty(DOMException.prototype, `${name}_ERR`, constant);
  }
}
