// What differs between two texts, line by line: the shortest way from one to the other (Myers).

export interface DiffLine {
  readonly kind: "same" | "added" | "removed" | "skipped";
  readonly text: string;
  /** From 1; 0: it is not in that one. */
  readonly old: number;
  readonly fresh: number;
}

/** Texts that differ in more lines than this are shown as removed and added whole. */
const EDITS_MAX = 2_000;
const CONTEXT = 3;

export function diffOf(old: string, fresh: string): DiffLine[] {
  const [before, after] = [linesOf(old), linesOf(fresh)];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const edits = editsBetween(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  const kinds = [...repeat("same", start), ...edits, ...repeat("same", end)];
  let [one, two] = [0, 0];
  return kinds.map((kind) => {
    const text = (kind === "added" ? after[two] : before[one]) ?? "";
    if (kind !== "added") one++;
    if (kind !== "removed") two++;
    return { kind, text, old: kind === "added" ? 0 : one, fresh: kind === "removed" ? 0 : two };
  });
}

type Kind = "same" | "added" | "removed";

const linesOf = (text: string): string[] =>
  text === "" ? [] : text.replace(/\n$/, "").split("\n");

const repeat = (kind: Kind, times: number): Kind[] => new Array<Kind>(times).fill(kind);

function editsBetween(before: readonly string[], after: readonly string[]): Kind[] {
  const [rows, columns] = [before.length, after.length];
  const whole = [...repeat("removed", rows), ...repeat("added", columns)];
  if (rows === 0 || columns === 0) return whole;
  const max = Math.min(rows + columns, EDITS_MAX);
  const furthest = new Int32Array(2 * max + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= max; edits++) {
    trace.push(furthest.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + max + 1;
      const [below, right] = [furthest[at + 1] ?? 0, furthest[at - 1] ?? 0];
      let x = diagonal === -edits || (diagonal !== edits && right < below) ? below : right + 1;
      while (x < rows && x - diagonal < columns && before[x] === after[x - diagonal]) x++;
      furthest[at] = x;
      if (x >= rows && x - diagonal >= columns) return backtracked(trace, rows, columns, max);
    }
  }
  return whole;
}

function backtracked(trace: readonly Int32Array[], rows: number, columns: number, max: number) {
  const kinds: Kind[] = [];
  let [x, y] = [rows, columns];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Int32Array();
    const diagonal = x - y;
    const at = diagonal + max + 1;
    const [below, right] = [furthest[at + 1] ?? 0, furthest[at - 1] ?? 0];
    const isDown = diagonal === -edits || (diagonal !== edits && right < below);
    const fromX = isDown ? below : right;
    const fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1);
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      kinds.push("same");
      x--;
      y--;
    }
    if (edits > 0) kinds.push(isDown ? "added" : "removed");
    [x, y] = [fromX, fromY];
  }
  return kinds.reverse();
}

/** Without what is far from any change. */
export function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === "same") continue;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at++) near.add(at);
  }
  const kept: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (near.has(index)) kept.push(line);
    else if (kept.at(-1)?.kind !== "skipped") {
      kept.push({ kind: "skipped", text: "", old: 0, fresh: 0 });
    }
  }
  return kept;
}
