// What a test run says: a line for each job, the failures with all that is known of them, and at
// the very end the line that other programs read.

import { styleText } from "node:util";

export interface TestResult {
  readonly title: string;
  readonly ok: boolean;
  readonly skipped?: boolean;
  /** Message, stack, output: whatever helps. */
  readonly detail?: string;
}

export interface JobResult {
  readonly results: readonly TestResult[];
  readonly ms: number;
}

interface Failure {
  readonly job: string;
  readonly result: TestResult;
}

const paint = (color: "red" | "green" | "yellow" | "dim", text: string): string =>
  styleText(color, text, { stream: process.stdout });

export class Report {
  readonly #failures: Failure[] = [];
  readonly #skipped: string[] = [];
  #passed = 0;
  isClosed = false;

  add(job: string, { results, ms }: JobResult): void {
    const failed = results.filter((result) => !result.ok);
    const skipped = results.filter((result) => result.skipped);
    const passed = results.length - failed.length - skipped.length;
    this.#passed += passed;
    this.#failures.push(...failed.map((result) => ({ job, result })));
    this.#skipped.push(...skipped.map(({ title }) => `${job}: ${title}`));
    const mark = failed.length > 0 ? paint("red", "✗") : paint("green", "✓");
    const of = failed.length > 0 ? `${failed.length} of ${results.length} failed` : `${passed}`;
    process.stdout.write(`${mark} ${job} ${paint("dim", `${of} · ${(ms / 1000).toFixed(1)} s`)}\n`);
    for (const { title } of failed) process.stdout.write(`    ${paint("red", title)}\n`);
  }

  /** Prints the failures and the closing line, once, and sets the exit status. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { job, result } of this.#failures) {
      process.stdout.write(`\n${paint("red", `✗ ${job} › ${result.title}`)}\n`);
      if (result.detail) process.stdout.write(`${result.detail.trimEnd()}\n`);
    }
    if (this.#skipped.length > 0) {
      process.stdout.write(`\n${paint("yellow", "Skipped:")}\n  ${this.#skipped.join("\n  ")}\n`);
    }
    process.stdout.write(`\n${this.#passed} passed, ${this.#failures.length} failed\n`);
    process.exitCode = this.#failures.length === 0 ? 0 : 1;
  }
}
