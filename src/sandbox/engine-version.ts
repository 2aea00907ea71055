// Knows which versions of isolated-vm are safe to run scripts in.

/** 7.0.1 closed GHSA-864f-rcv7-6rh4, by which a script left its isolate. */
const ENGINE_MIN = [7, 0, 1] as const;

/** Throws for a version with a known way out: an override in package.json must be noticed. */
export function assertEngine(version: string): void {
  const parts = version.split(/[.-]/, 3).map(Number);
  const differs = ENGINE_MIN.findIndex((part, i) => parts[i] !== part);
  if (differs < 0 || (parts[differs] ?? 0) > (ENGINE_MIN[differs] ?? 0)) return;
  const wanted = ENGINE_MIN.join(".");
  throw new Error(`Cannot run scripts: expected isolated-vm ${wanted} or later, got ${version}`);
}
