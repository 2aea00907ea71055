// What the tables beside this are made of: a package from npm, what a script does with it, and what
// comes of that.

export interface PackageCase {
  /** NAME@VERSION, as npm takes it; more, of those that come together. */
  readonly packages: readonly string[];
  /** The script's import lines. */
  readonly imports: string;
  /** An expression, which is awaited. `env.ORIGIN` is the URL of a service (origin.ts). */
  readonly does: string;
  /** Its value, as JSON has it. */
  readonly gives: unknown;
}

/** A package that cannot work, and where that shows. */
export interface RefusedCase extends Omit<PackageCase, "gives"> {
  /** Bundling says so, or the call does. */
  readonly at: "bundling" | "call";
  /** The sentence that its author sees. */
  readonly says: RegExp;
  /** For who reads the table. */
  readonly because: string;
}
