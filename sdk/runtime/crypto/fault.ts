// How `crypto.subtle` says no: errors by the names that Web Crypto gives them.

import { DOMException } from "../shared.ts";

export const notSupported = (message: string): DOMException =>
  new DOMException(message, "NotSupportedError");

export const operationError = (message: string): DOMException =>
  new DOMException(message, "OperationError");

export const dataError = (message: string): DOMException => new DOMException(message, "DataError");

export const invalidAccess = (message: string): DOMException =>
  new DOMException(message, "InvalidAccessError");

export const syntaxError = (message: string): DOMException =>
  new DOMException(message, "SyntaxError");
