// How fast a core is right now: the same small piece of work over and over for some time. Pinned to
// a core by whoever starts it. Prints the median and the slowest tenth, in rounds a millisecond.
//
// The work is six sums that do not wait for each other, so it needs all that the core can do at
// once, as a proxy does. Another thread on the same physical core takes a third of that; a chain in
// which each step waits for the one before does not notice it.

const SLICE_MS = 5;
const ROUND = 2_000;

/** Rounds a millisecond in each slice. */
function slices(durationMs: number): number[] {
  const speeds: number[] = [];
  const endMs = performance.now() + durationMs;
  let sum = 1;
  for (let fromMs = performance.now(); fromMs < endMs; ) {
    let rounds = 0;
    let nowMs = fromMs;
    for (; nowMs - fromMs < SLICE_MS; rounds++) {
      sum ^= sixSums(ROUND);
      nowMs = performance.now();
    }
    speeds.push(rounds / (nowMs - fromMs));
    fromMs = nowMs;
  }
  if (sum === -1) throw new Error("the work was not done");
  return speeds;
}

function sixSums(rounds: number): number {
  let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6];
  for (let i = 0; i < rounds; i++) {
    a = (a + b) | 0;
    b = ((b ^ 3) + 1) | 0;
    c = (c + 5) | 0;
    d = (d ^ i) | 0;
    e = (e + i) | 0;
    f = ((f ^ 9) + 7) | 0;
  }
  return a ^ b ^ c ^ d ^ e ^ f;
}

const durationMs = Number(process.argv[2] ?? 200);
slices(durationMs / 4); // compiles
const speeds = slices(durationMs).toSorted((one, two) => one - two);
const at = (share: number): number => speeds[Math.floor(share * (speeds.length - 1))] ?? 0;
console.log(JSON.stringify({ median: at(0.5), slow: at(0.1) }));
