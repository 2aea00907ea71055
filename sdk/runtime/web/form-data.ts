// FormData of the XMLHttpRequest standard: names and values, in their order.

import { arrayPush } from "../primordials.ts";
import { type Blob, bytesOfBlob, File } from "./blob.ts";
import { ListIterator } from "./list-iterator.ts";

export type FormValue = string | File;
type Entry = readonly [name: string, value: FormValue];

export class FormData {
  #entries: Entry[] = [];

  constructor(form: undefined = undefined) {
    if (form !== undefined) throw new TypeError("Cannot make a FormData: there are no forms here");
  }

  append(name: string, value: string | Blob, fileName: string | undefined = undefined): void {
    arrayPush(this.#entries, entryOf(name, value, fileName));
  }

  set(name: string, value: string | Blob, fileName: string | undefined = undefined): void {
    const entry = entryOf(name, value, fileName);
    const kept: Entry[] = [];
    let isPlaced = false;
    for (let i = 0; i < this.#entries.length; i++) {
      const one = this.#entries[i] as Entry;
      if (one[0] !== entry[0]) arrayPush(kept, one);
      else if (!isPlaced) {
        arrayPush(kept, entry);
        isPlaced = true;
      }
    }
    if (!isPlaced) arrayPush(kept, entry);
    this.#entries = kept;
  }

  delete(name: string): void {
    this.#entries = this.#those((one) => one !== `${name}`);
  }

  get(name: string): FormValue | null {
    const found = this.#those((one) => one === `${name}`)[0];
    return found === undefined ? null : found[1];
  }

  getAll(name: string): FormValue[] {
    const found = this.#those((one) => one === `${name}`);
    const values: FormValue[] = [];
    for (let i = 0; i < found.length; i++) arrayPush(values, (found[i] as Entry)[1]);
    return values;
  }

  has(name: string): boolean {
    return this.#those((one) => one === `${name}`).length > 0;
  }

  forEach(
    callback: (value: FormValue, name: string, form: FormData) => void,
    thisArgument: unknown = undefined,
  ): void {
    for (let i = 0; i < this.#entries.length; i++) {
      const [name, value] = this.#entries[i] as Entry;
      callback.call(thisArgument, value, name, this);
    }
  }

  entries(): ListIterator<Entry, [string, FormValue]> {
    return new ListIterator(this.#entries, ([name, value]): [string, FormValue] => [name, value]);
  }

  keys(): ListIterator<Entry, string> {
    return new ListIterator(this.#entries, ([name]) => name);
  }

  values(): ListIterator<Entry, FormValue> {
    return new ListIterator(this.#entries, ([, value]) => value);
  }

  [Symbol.iterator](): ListIterator<Entry, [string, FormValue]> {
    return this.entries();
  }

  #those(fits: (name: string) => boolean): Entry[] {
    const those: Entry[] = [];
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (fits(entry[0])) arrayPush(those, entry);
    }
    return those;
  }
}

function entryOf(name: string, value: unknown, fileName: string | undefined): Entry {
  const key = `${name}`.toWellFormed();
  if (bytesOfBlob(value) === null) {
    if (fileName !== undefined) throw new TypeError("FormData: expected a Blob with a file name");
    return [key, `${value}`.toWellFormed()];
  }
  const blob = value as Blob;
  if (blob instanceof File && fileName === undefined) return [key, blob];
  const options = { type: blob.type };
  return [key, new File([blob], fileName ?? (blob instanceof File ? blob.name : "blob"), options)];
}
