// Error pages: their checks, and the files that they may be in. A file is read when the
// configuration is, so that an error never waits for a disk, and a missing page is found at once.

import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { LIMITS } from "../../limits.ts";
import type { Path } from "../document.ts";
import { type Mistake, show } from "../problems.ts";
import { entriesOf, isMapping } from "../shape.ts";

const STATUS = /^[45](?:[0-9]{2}|xx)$/;

export const checkErrorPages = (path: Path, pages: unknown, folder: string): Mistake[] =>
  [...entriesOf(pages)].flatMap(([status, value]) => {
    const at = [...path, status];
    if (!STATUS.test(status)) {
      const text = `expected a status from 400 to 599, 4xx or 5xx, got ${show(status)}`;
      return [{ path: at, text, isKey: true }];
    }
    return isMapping(value) ? checkPage(at, entriesOf(value), folder) : [];
  });

const checkPage = (path: Path, page: ReadonlyMap<string, unknown>, folder: string): Mistake[] => {
  const file = page.get("file");
  const body = page.get("body");
  if ((file === undefined) === (body === undefined)) {
    const got = file === undefined ? "neither" : "both";
    return [{ path, text: `expected file or body, got ${got}`, isKey: false }];
  }
  if (typeof file !== "string") return [];
  const found = readPage(file, folder);
  if ("text" in found) return [];
  const text = `expected a file of text, got ${show(file)}: ${found.problem}`;
  return [{ path: [...path, "file"], text, isKey: false }];
};

export type Page = { readonly text: string } | { readonly problem: string };

export const readPage = (file: string, folder: string): Page => {
  const path = resolve(folder, file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { problem: `there is none at ${path}` };
  if (!stat.isFile()) return { problem: `${path} is not a file` };
  if (stat.size > LIMITS.errorPageBytes) {
    return { problem: `it has ${stat.size} bytes, at most ${LIMITS.errorPageBytes} are served` };
  }
  try {
    const bytes = readFileSync(path);
    return isUtf8(bytes) ? { text: bytes.toString("utf8") } : { problem: "it is not UTF-8" };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};
