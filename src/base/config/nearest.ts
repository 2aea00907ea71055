// "Did you mean …?": the known word that a mistyped one is closest to.

/** The closest of `known`, if it is close enough to be what was meant. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  // A third of the letters may be wrong; of a word of one or two, none.
  const distanceMax = Math.floor(word.length / 3);
  let best: string | null = null;
  let bestDistance = distanceMax + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > distanceMax) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
};

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
const editDistance = (one: string, two: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: two.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= two.length; j++) {
      const isSame = one[i - 1] === two[j - 1];
      const isSwap = i > 1 && j > 1 && one[i - 1] === two[j - 2] && one[i - 2] === two[j - 1];
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY;
      const replaced = at(last, j - 1) + (isSame ? 0 : 1);
      row.push(Math.min(at(row, j - 1) + 1, at(last, j) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, two.length);
};

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
