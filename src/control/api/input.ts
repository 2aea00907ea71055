// What comes in with a call, checked against the route's schemas. Every mistake is reported at
// once, by the field it is in, in the words of the configuration's check.

import * as z from "zod";
import { formatPath, toMistakes } from "../../base/config/problems.ts";
import { LIMITS } from "../../base/limits.ts";
import { ApiError, type FieldProblem } from "./problem.ts";

/** Throws an ApiError that names every field that is wrong. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = toMistakes(parsed.error.issues, value);
  throw fieldsError(mistakes.map(({ path, text }) => ({ field: formatPath(path), text })));
}

/** 422 for these fields, however many. */
export function fieldsError(problems: readonly FieldProblem[]): ApiError {
  const [first] = problems;
  const place = first?.field ? `${first.field}: ` : "";
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const detail = `Cannot do this: ${place}${first?.text ?? ""}${more}`;
  return new ApiError(422, detail, { errors: problems.slice(0, LIMITS.configProblems) });
}

type QueryReader = (query: URLSearchParams) => unknown;

/** A query is text: it is read as what the schema wants. */
export function readerOfQuery(schema: z.ZodType): QueryReader {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  const kindOf = (name: string): unknown => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return typeof property === "object" ? property.type : undefined;
  };
  return (query) => {
    const value: [string, unknown][] = [];
    for (const [name, text] of query) {
      const isRepeated = value.some(([other]) => other === name);
      if (isRepeated) throw fieldsError([{ field: name, text: "expected it once, got it again" }]);
      value.push([name, readAs(kindOf(name), text)]);
    }
    return Object.fromEntries(value);
  };
}

function readAs(kind: unknown, text: string): unknown {
  if (kind === "integer" && /^-?[0-9]{1,15}$/.test(text)) return Number(text);
  if (kind === "boolean" && /^(?:true|false)$/.test(text)) return text === "true";
  return text;
}
