// How fast a core is right now: the same small piece of work over and over for some time. Pinned to
// a core by whoever starts it. Prints the median and the slowest tenth, in rounds a millisecond.

const SLICE_MS = 5;
const ROUND = 2_000;

/** Rounds a millisecond in each slice. */
function slices(durationMs: number): number[] {
  const speeds: number[] = [];
  const endMs = performance.now() + durationMs;
  let x = 1;
  for (let fromMs = performance.now(); fromMs < endMs; ) {
    let rounds = 0;
    let nowMs = fromMs;
    for (; nowMs - fromMs < SLICE_MS; rounds++) {
      for (let i = 0; i < ROUND; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
      nowMs = performance.now();
    }
    speeds.push(rounds / (nowMs - fromMs));
    fromMs = nowMs;
  }
  if (x === 0) throw new Error("the work was not done");
  return speeds;
}

const durationMs = Number(process.argv[2] ?? 200);
slices(durationMs / 4); // compiles
const speeds = slices(durationMs).toSorted((one, two) => one - two);
const at = (share: number): number => speeds[Math.floor(share * (speeds.length - 1))] ?? 0;
console.log(JSON.stringify({ median: at(0.5), slow: at(0.1) }));
