// V8's flags in cells, chosen by bench/micro/cell-flags.ts; the figures are in
// docs/architecture.md.

/** Most ways out of V8 were in its optimising compiler; a hook is too short to need it. */
export const CELL_FLAGS: readonly string[] = ["--no-turbofan"];
