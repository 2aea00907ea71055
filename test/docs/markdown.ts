// The documentation as tests see it: its files, their blocks of code, their links and headings.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Page {
  /** From the root of the repository: `docs/phases.md`. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Targets of its links to files and headings of ours, without those in code. */
  readonly links: readonly string[];
  /** What a link's `#…` may name. */
  readonly anchors: ReadonlySet<string>;
}

export interface Block {
  /** Behind the fence: `ts script=api-key.ts`. */
  readonly info: string;
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export const pages: readonly Page[] = globSync("{*.md,docs/**/*.md}", { cwd: ROOT })
  .map((path) => path.replaceAll("\\", "/"))
  .sort()
  .map((path) => readPage(path, readFileSync(join(ROOT, path), "utf8")));

export function readPage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose = text.replace(/^```(.*)\n([\s\S]*?)^```$/gm, (all, info, code, at) => {
    const line = text.slice(0, at).split("\n").length + 1;
    blocks.push({ info, text: code, line });
    return "\n".repeat(all.split("\n").length - 1);
  });
  const links = [...prose.replace(/`[^`\n]*`/g, "``").matchAll(/\]\((?!https?:)([^)\s]+)\)/g)];
  const headings = [...prose.matchAll(/^#{1,6} +(.+)$/gm)];
  return {
    path,
    blocks,
    links: links.map((match) => match[1] ?? ""),
    anchors: new Set(headings.map((match) => anchorOf(match[1] ?? ""))),
  };
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
