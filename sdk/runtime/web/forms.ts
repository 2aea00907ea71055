// The kernel's way to Blob and FormData, whose classes come with a part of their own
// (forms-main.ts): null where the script names nothing of them, so that nobody can have one either.

import type { Blob } from "./blob.ts";
import type { FormData } from "./form-data.ts";

export interface Forms {
  /** The bytes of a Blob or a FormData, and its content type; null for what is neither. */
  readonly bytesOf: (value: unknown) => { bytes: Uint8Array<ArrayBuffer>; type: string } | null;
  /** Null for what is no Blob or File. */
  readonly cloneOf: (value: unknown) => Blob | null;
  readonly toBlob: (bytes: Uint8Array<ArrayBuffer>, contentType: string) => Blob;
  /** Throws a TypeError if the bytes are no form of that type. */
  readonly toForm: (bytes: Uint8Array<ArrayBuffer>, contentType: string) => FormData;
}

let forms: Forms | null = null;

export function useForms(given: Forms): void {
  forms = given;
}

export const formsOfScript = (): Forms | null => forms;
