// V8's flags in cells, chosen by bench/micro/cell-flags.ts; the figures are in
// docs/architecture.md.

export const CELL_FLAGS: readonly string[] = [];
