// The bounds of bundling, each with the reason for its size. Uploads are not trusted, and the
// bundler works in the control plane's process and in a child that has no bounds of its own.

export const BUNDLE_LIMITS = {
  /** It is held once for each isolate; scripts with a few packages are 20 to 200 KiB. */
  bundleBytes: 1_048_576,
  /** Of its source map, which has the sources in it: it stays outside of isolates. */
  mapBytes: 8_388_608,
  /** Files of one upload: scripts with their own packages beside them have some dozens, … */
  uploadFiles: 500,
  /** … and all of them together. */
  uploadBytes: 8_388_608,
  /** Files that are read for one bundle: of mathjs and date-fns 1,500 each, nearly all dropped. */
  filesRead: 10_000,
  /** All files that are read, before what is unused is dropped: several large packages. */
  bytesRead: 33_554_432,
  /** One source file: the largest single-file builds on npm are about this size. */
  sourceBytes: 2_097_152,
  /** One file of JSON or text: a table or a page; it becomes heap in every isolate. */
  dataBytes: 262_144,
  /**
   * Brackets open at once. The bundler's parser recurses: 100,000 take 1 GB of stack and kill it.
   */
  bracketDepth: 5_000,
  /**
   * A build by the clock. An honest one takes 20 to 200 ms and waits for a busy machine many times
   * as long, which is no fault of its script's.
   */
  buildMs: 60_000,
  /** Processor time of an upload's build: what all files together may take, several times. */
  uploadBuildMs: 5_000,
  /** Memory of the bundler meanwhile: an honest upload of that size takes a quarter. */
  buildBytes: 805_306_368,
  /** After a rest of this length the bundler's process is replaced, if it had an upload. */
  idleMs: 60_000,
  /** Problems that are reported of one bundle: what a screen holds. */
  problems: 50,
} as const;

/** Why a bundle is more than its tenant may have; null: it is not. */
export const bundleOver = (bytes: number, most: number): string | null =>
  bytes <= most
    ? null
    : `The bundle is too large: ${bytes} bytes of at most ${most} (limits.bundleBytes)`;
