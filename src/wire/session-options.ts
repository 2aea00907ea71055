// What `session.options` may have: looked at where a hook has set it, so that the error names the
// hook, and once more by the host.

/** Retries that a script or the configuration may ask for. */
export const RETRIES_MAX = 16;

const WHOLE_MAX = 9_007_199_254_740_991; // 2^53 - 1

const NAMES = "responseTimeoutMs, bodyIdleMs, requestBodyBytesMax, maxRetries";

/** What is wrong with an option, to be told behind its name; null: nothing. */
export function optionProblem(name: string, value: unknown): string | null {
  switch (name) {
    case "responseTimeoutMs":
    case "bodyIdleMs":
    case "requestBodyBytesMax":
      return wholeProblem(value, WHOLE_MAX);
    case "maxRetries":
      return wholeProblem(value, RETRIES_MAX);
    default:
      return `expected one of ${NAMES}`;
  }
}

function wholeProblem(value: unknown, most: number): string | null {
  if (typeof value !== "number")
    return `expected a whole number up to ${most}, got ${kindOf(value)}`;
  if (value >= 0 && value <= most && value % 1 === 0) return null;
  return `expected a whole number up to ${most}, got ${value}`;
}

const kindOf = (value: unknown): string => (value === null ? "null" : `a ${typeof value}`);
