// The entry of the part that brings Blob, File and FormData, evaluated after the kernel in the
// isolates of scripts that name them.

import { streamsOfScript, useForms } from "../shared.ts";
import { Blob, blobOfType, bytesOfBlob, File, useStreamsOf } from "./blob.ts";
import { FormData } from "./form-data.ts";
import { blobOf, formOf, multipartOf } from "./form-text.ts";
import { countArguments, define, installClasses } from "./lay-out.ts";
import { ListIterator } from "./list-iterator.ts";

define(ListIterator.prototype, Symbol.toStringTag, "FormData Iterator");
installClasses(globalThis, { Blob, File, FormData });
const ofForms = { append: 2, delete: 1, forEach: 1, get: 1, getAll: 1, has: 1, set: 2 };
countArguments("FormData", FormData.prototype, ofForms);

const random = Math.random;

/** Nobody can foretell it, so no value has it. */
function newBoundary(): string {
  let text = "----sluice";
  for (let i = 0; i < 4; i++) text += Math.floor(random() * 0x1_0000_0000).toString(36);
  return text;
}

useStreamsOf(streamsOfScript);
useForms({
  bytesOf(value) {
    const blob = bytesOfBlob(value);
    if (blob !== null) return { bytes: blob, type: value instanceof Blob ? value.type : "" };
    if (!(value instanceof FormData)) return null;
    const boundary = newBoundary();
    const type = `multipart/form-data; boundary=${boundary}`;
    return { bytes: multipartOf(value, boundary), type };
  },
  cloneOf(value) {
    const bytes = bytesOfBlob(value);
    if (bytes === null || !(value instanceof Blob)) return null;
    if (!(value instanceof File)) return blobOfType(bytes, value.type);
    const { name, type, lastModified } = value;
    return new File([value], name, { type, lastModified });
  },
  toBlob: blobOf,
  toForm: formOf,
});
