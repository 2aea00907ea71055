// Stack traces of an isolate in terms of the author's files. An isolate knows the script as
// `script.js` and our runtime as `sluice:runtime`; the source map of the bundle leads back:
//
//   at requestFilter (script.js:41:11)       becomes   at requestFilter (main.ts:7:13)
//   at turn (sluice:runtime:1:9120)          is left out

import { Mappings } from "./mappings.ts";

/** A place in a source file, line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const FRAME = /^\s*at /;
/** What only our names for code in an isolate begin with. */
const STACK_HINT = /\n\s*at .*\b(?:script\.js|sluice:runtime):\d/;
const RUNTIME_FRAME = /\bsluice:runtime\b/;
/** At the end of a frame, or in its brackets; before it is a name of the script's choice. */
const SCRIPT_PLACE = /(?:^\s*at |\()(script\.js:(\d+):(\d+))\)?$/;

/** Frames of a stack that are shown. V8 makes ten; a script can make up more. */
const FRAMES_MAX = 50;

export class SourceLines {
  readonly #json: string;
  /** Made when somebody asks: most scripts do not fail, and every worker has each of them. */
  #map: DecodedMap | null = null;

  /** @param map  the source map as JSON, as `bundleScript` returns it */
  constructor(map: string) {
    this.#json = map;
  }

  /** The author's place for one in the bundle, both from 1; null for a line that esbuild made. */
  locate(line: number, column: number): SourcePlace | null {
    this.#map ??= decoded(this.#json);
    const { sources, mappings } = this.#map;
    const place = mappings.find(line - 1, column - 1);
    const file = place === null ? undefined : sources[place.source];
    if (place === null || file === undefined || file.startsWith("sluice:")) return null;
    return { file, line: place.line + 1, column: place.column + 1 };
  }

  /**
   * The innermost place of the author's; null: there is none. Of frames alone: what an error says
   * before them may look like anything.
   */
  firstPlace(stack: string, message: string): SourcePlace | null {
    const frames = stack.startsWith(message) ? stack.slice(message.length) : stack;
    for (const line of frames.split("\n")) {
      const [, , row, column] = SCRIPT_PLACE.exec(line) ?? [];
      const place = row === undefined ? null : this.locate(Number(row), Number(column));
      if (place !== null) return place;
    }
    return null;
  }

  /** The same for a line of a log, which may have the stacks of errors in it. */
  mapText(text: string): string {
    return STACK_HINT.test(text) ? this.mapStack(text) : text;
  }

  /** The stack without our runtime's frames, its places in the author's files. */
  mapStack(stack: string): string {
    const kept: string[] = [];
    let frames = 0;
    for (const line of stack.split("\n")) {
      const isFrame = FRAME.test(line);
      const shown = isFrame ? this.#mapFrame(line) : line;
      if (shown === null || (isFrame && ++frames > FRAMES_MAX)) continue;
      kept.push(shown);
    }
    return kept.join("\n");
  }

  /** Null: the frame is not the author's. */
  #mapFrame(frame: string): string | null {
    if (RUNTIME_FRAME.test(frame)) return null;
    const [, found, line, column] = SCRIPT_PLACE.exec(frame) ?? [];
    if (found === undefined) return frame;
    const place = this.locate(Number(line), Number(column));
    return place === null ? null : frame.replace(found, () => placeText(place));
  }
}

export const placeText = ({ file, line, column }: SourcePlace): string =>
  `${file}:${line}:${column}`;

/** What a source map is for in a process that serves: not the sources, which may be megabytes. */
export function placesOnly(map: string): string {
  const { version, sources, mappings }: SourceMapJson = JSON.parse(map);
  return JSON.stringify({ version, sources, mappings });
}

interface SourceMapJson {
  readonly version: number;
  readonly sources: readonly string[];
  readonly mappings: string;
}

interface DecodedMap {
  readonly sources: readonly string[];
  readonly mappings: Mappings;
}

/** A map that cannot be read costs places in messages, and nothing else. */
function decoded(json: string): DecodedMap {
  try {
    const { sources, mappings }: SourceMapJson = JSON.parse(json);
    return { sources, mappings: new Mappings(mappings) };
  } catch {
    return { sources: [], mappings: new Mappings("") };
  }
}
