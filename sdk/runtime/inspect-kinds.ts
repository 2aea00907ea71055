// Objects of the language and of the web whose members JSON does not see.
//
//     Map(1) {"a" => 1}   Set(2) {1,2}   Headers {"accept":"*/*"}   Response {"status":404, …}

import type { Inspection } from "./inspection.ts";
import {
  arrayBufferByteLength,
  isBufferView,
  mapForEach,
  mapSize,
  setForEach,
  setSize,
  typedArrayLength,
  typedArrayName,
  uncurry,
} from "./primordials.ts";
import { isArrayBuffer } from "./web/bytes.ts";
import { Headers } from "./web/headers.ts";
import { Request } from "./web/request.ts";
import { Response } from "./web/response.ts";

const MapClass = Map;
const SetClass = Set;
const RegExpClass = RegExp;
const PromiseClass = Promise;
const regexpToString: (pattern: RegExp) => string = uncurry(RegExp.prototype.toString);

/** Null: it is none of these. */
export function kindText(object: object, inspection: Inspection): string | null {
  if (object instanceof MapClass) return mapText(object, inspection);
  if (object instanceof SetClass) return setText(object, inspection);
  if (object instanceof RegExpClass) return regexpToString(object);
  if (object instanceof PromiseClass) return "[Promise]";
  return bufferText(object, inspection) ?? webText(object, inspection);
}

function mapText(map: ReadonlyMap<unknown, unknown>, inspection: Inspection): string {
  const keys: unknown[] = [];
  const values: unknown[] = [];
  mapForEach(map, (value, key) => {
    keys[keys.length] = key;
    values[values.length] = value;
  });
  const member = (index: number): string =>
    `${inspection.value(keys[index])} => ${inspection.value(values[index])}`;
  return `Map(${mapSize(map)}) ${inspection.list(keys.length, member, "{}")}`;
}

function setText(set: ReadonlySet<unknown>, inspection: Inspection): string {
  const items: unknown[] = [];
  setForEach(set, (item) => {
    items[items.length] = item;
  });
  const member = (index: number): string => inspection.value(items[index]);
  return `Set(${setSize(set)}) ${inspection.list(items.length, member, "{}")}`;
}

function bufferText(object: object, inspection: Inspection): string | null {
  if (isArrayBuffer(object)) return `ArrayBuffer(${arrayBufferByteLength(object)})`;
  if (!isBufferView(object)) return null;
  const name = typedArrayName(object);
  if (name === undefined) return "DataView";
  const length = typedArrayLength(object);
  const item = (index: number): string => inspection.value(Reflect.get(object, index));
  return `${name}(${length}) ${inspection.list(length, item)}`;
}

function webText(object: object, inspection: Inspection): string | null {
  if (object instanceof Headers) return `Headers ${headersText(object, inspection)}`;
  if (object instanceof Response) {
    const fields = headersText(object.headers, inspection);
    return `Response {"status":${object.status},"headers":${fields}}`;
  }
  if (object instanceof Request) {
    const { method, url, headers } = object;
    const line = `"method":${inspection.value(method)},"url":${inspection.value(url)}`;
    return `Request {${line},"headers":${headersText(headers, inspection)}}`;
  }
  // its class comes with a bundle of its own
  const Parameters: unknown = globalThis.URLSearchParams;
  const isParameters = typeof Parameters === "function" && object instanceof Parameters;
  return isParameters ? `URLSearchParams ${inspection.value(`${object}`)}` : null;
}

function headersText(headers: Headers, inspection: Inspection): string {
  const fields: string[] = [];
  headers.forEach((value, name) => {
    fields[fields.length] = `${inspection.value(name)}:${inspection.value(value)}`;
  });
  return inspection.list(fields.length, (index) => fields[index] ?? "", "{}");
}
