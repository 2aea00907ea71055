// The log of `sluice dev`: the proxy's JSON lines, made readable. A place in a script is shown with
// the line that stands there.

import { Writable } from "node:stream";
import { LIMITS } from "../../base/limits.ts";
import { accessLine } from "../../observe/access.ts";
import { type Color, paint, wantsColor } from "../../observe/color.ts";
import { printable } from "../../observe/plain-text.ts";
import { indented, prettyLogLine } from "../../observe/pretty.ts";
import { dashboardLink } from "../shown-token.ts";
import type { SourceExcerpts } from "./source-excerpt.ts";

const CHARS_MAX = LIMITS.scriptMessageChars;

type Entry = Readonly<Record<string, unknown>>;

export interface ShownAtStart {
  /** File of what clients have to trust; null: HTTP in the clear. */
  readonly certificate: string | null;
  /** For the dashboard and for commands; null: there is another one, which need not be shown. */
  readonly token: string | null;
}

export class DevLog extends Writable {
  readonly #to: Writable;
  readonly #excerpts: SourceExcerpts;
  readonly #shown: ShownAtStart;
  readonly #isColored = wantsColor();
  #partial = "";

  constructor(to: Writable, excerpts: SourceExcerpts, shown: ShownAtStart) {
    super({ decodeStrings: false });
    this.#shown = shown;
    this.#excerpts = excerpts;
    this.#to = to;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#partial + chunk.toString()).split("\n");
    this.#partial = lines.pop() ?? "";
    this.#to.write(lines.map((line) => this.#format(line)).join(""), () => done());
  }

  #format(line: string): string {
    if (!line.startsWith("{")) return `${line}\n`;
    const entry: Entry = JSON.parse(line);
    if (entry.msg === "request") return this.#request(line);
    if (entry.msg === "ready") return this.#ready(entry);
    if (entry.msg === "reloaded") return this.#reloaded(entry);
    if (entry.msg === "reload refused") return this.#refused(entry);
    if (entry.source === "script") return this.#script(entry);
    // each save makes versions: that it is served is said above
    if (entry.msg === "changed" && entry.actor === "file") return "";
    return prettyLogLine(line);
  }

  #color(color: Color, text: string): string {
    return paint(this.#isColored ? color : null, text);
  }

  #request(line: string): string {
    const fields = JSON.parse(line);
    return accessLine("pretty", { ...fields, timeMs: Date.parse(fields.time) }, this.#isColored);
  }

  #ready({ listeners, admin }: Entry): string {
    const [address = ""] = Array.isArray(listeners) ? listeners : [];
    const { certificate: file, token } = this.#shown;
    const at = this.#color("green", `${file === null ? "http" : "https"}://${address}/`);
    const trust = file === null ? "" : `Trust: curl --cacert ${file}, or import it in a browser\n`;
    return `\nSluice is ready on ${at} and reloads on every save. Ctrl-C ends it.
${trust}Dashboard: ${dashboardLink(String(admin), false, token)}
${this.#commands(String(admin))}Metrics: http://${String(admin)}/metrics\n\n`;
  }

  /** What a command needs in another terminal. */
  #commands(admin: string): string {
    const { token } = this.#shown;
    if (token === null) return "";
    return `Commands: export SLUICE_ADMIN_URL=http://${admin} SLUICE_ADMIN_TOKEN=${token}\n`;
  }

  #reloaded({ time, durationMs }: Entry): string {
    return `${this.#time(time)}  ${this.#color("green", `reloaded in ${durationMs} ms`)}\n`;
  }

  #refused({ time, problems }: Entry): string {
    const verdict = this.#color("red", "not reloaded; what ran before still serves");
    const lines = Array.isArray(problems) ? problems.map(String) : [];
    const shown = lines.map((problem) => `    ${problem}\n${this.#excerpts.of(problem)}`);
    return `${this.#time(time)}  ${verdict}\n${shown.join("")}`;
  }

  #script({ time, level, hook, msg, at, stack }: Entry): string {
    const isError = level === "error";
    const color: Color = isError ? "red" : level === "warn" ? "yellow" : "blue";
    const name = this.#color(color, `${String(level).padEnd(5)} ${hook || "script"}`);
    const [first = "", ...more] = String(msg).split("\n");
    const frames = typeof stack === "string" ? stack.split("\n") : [];
    const excerpt = isError ? this.#excerpts.of(String(at ?? msg)) : "";
    const below = excerpt + indented([...more, ...frames]);
    return `${this.#time(time)}  ${name}  ${printable(first, CHARS_MAX)}\n${below}`;
  }

  #time(time: unknown): string {
    return this.#color("dim", String(time).slice(11, 23));
  }
}
