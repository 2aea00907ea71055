// The entry of the part that brings URL and URLSearchParams, evaluated after the kernel in the
// isolates of scripts that name them.

import { objectDefineProperty, objectGetOwnPropertyDescriptor } from "../primordials.ts";
import { countArguments, define, installClasses } from "./lay-out.ts";
import { ListIterator } from "./list-iterator.ts";
import { URL } from "./url.ts";
import { URLSearchParams } from "./url-search-params.ts";

define(ListIterator.prototype, Symbol.toStringTag, "URLSearchParams Iterator");
define(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);
installClasses(globalThis, { URL, URLSearchParams });
const ofPairs = { append: 2, delete: 1, forEach: 1, get: 1, getAll: 1, has: 1, set: 2 };
countArguments("URLSearchParams", URLSearchParams.prototype, ofPairs);
countArguments("URL", URL, { canParse: 1, parse: 1 });
showMembers(URL.prototype);
showMembers(URLSearchParams.prototype);

/** On the web an enumeration of an object of these sees its members. */
function showMembers(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const descriptor = objectGetOwnPropertyDescriptor(prototype, name);
    if (name === "constructor" || descriptor === undefined) continue;
    objectDefineProperty(prototype, name, { ...descriptor, enumerable: true });
  }
}
