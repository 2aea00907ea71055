// Stack traces of an isolate in terms of the author's files. An isolate knows the script as
// `script.js` and our runtime as `sluice:runtime`; the source map of the bundle leads back:
//
//   at requestFilter (script.js:41:11)       becomes   at requestFilter (main.ts:7:13)
//   at turn (sluice:runtime:1:9120)          is left out

import { SourceMap } from "node:module";

/** A place in a source file, line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const FRAME = /^\s*at /;
const RUNTIME_FRAME = /\bsluice:runtime\b/;
const SCRIPT_PLACE = /\bscript\.js:(\d+):(\d+)/;

/** Frames of a stack that are shown. V8 makes ten; a script can make up more. */
const FRAMES_MAX = 50;

export class SourceLines {
  readonly #map: SourceMap;

  /** @param map  the source map as JSON, as `bundleScript` returns it */
  constructor(map: string) {
    this.#map = new SourceMap(JSON.parse(map));
  }

  /** The author's place for one in the bundle, both from 1; null for a line that esbuild made. */
  locate(line: number, column: number): SourcePlace | null {
    const entry = this.#map.findEntry(line - 1, column - 1);
    // The lookup gives the nearest place before, which may be the end of another line.
    if (!("originalSource" in entry) || entry.generatedLine !== line - 1) return null;
    if (entry.originalSource.startsWith("sluice:")) return null;
    return {
      file: entry.originalSource,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  /** The stack without our runtime's frames, its places in the author's files. */
  mapStack(stack: string): string {
    const kept: string[] = [];
    let frames = 0;
    for (const line of stack.split("\n")) {
      const shown = FRAME.test(line) ? this.#mapFrame(line) : line;
      if (shown === null) continue;
      if (shown !== line || FRAME.test(line)) frames++;
      if (frames > FRAMES_MAX) break;
      kept.push(shown);
    }
    return kept.join("\n");
  }

  /** Null: the frame is not the author's. */
  #mapFrame(frame: string): string | null {
    if (RUNTIME_FRAME.test(frame)) return null;
    const [found, line, column] = SCRIPT_PLACE.exec(frame) ?? [];
    if (found === undefined) return frame;
    const place = this.locate(Number(line), Number(column));
    return place === null ? null : frame.replace(found, () => placeText(place));
  }
}

const placeText = ({ file, line, column }: SourcePlace): string => `${file}:${line}:${column}`;
