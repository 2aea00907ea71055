// Collects what is wrong with a change of several tenants: found tenant by tenant, reported
// together.

import { formatPath } from "../../base/config/problems.ts";
import { LIMITS } from "../../base/limits.ts";
import { ApiError, type FieldProblem } from "./problem.ts";

/** What is wrong with which of them, until all is known. */
export class Mistakes {
  readonly #isOne: boolean;
  readonly #found: { readonly name: string; readonly error: ApiError }[] = [];

  /** @param isOne  one tenant is meant: what is wrong first is the answer */
  constructor(isOne: boolean) {
    this.#isOne = isOne;
  }

  /** Undefined: it was refused. */
  async of<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#found.push({ name, error });
      return undefined;
    }
  }

  /** Throws what was found. */
  refuse(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    if (this.#isOne) throw first.error;
    const statuses = this.#found.map(({ error }) => error.status);
    const status = STATUSES.find((one) => statuses.includes(one)) ?? first.error.status;
    const names = [...new Set(this.#found.map(({ name }) => name))];
    const errors = this.#found
      .flatMap(({ name, error }) => fieldsIn(name, error))
      .slice(0, LIMITS.configProblems);
    throw new ApiError(status, `Nothing changed, because of ${shortened(names)}.`, { errors });
  }
}

/** The answer's, where several apply: what is wrong in itself comes first. */
const STATUSES = [422, 409, 404, 412];

const NAMES_SHOWN = 5;

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => name.slice(0, 64));
  const more = names.length - shown.length;
  return `tenant ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function fieldsIn(name: string, { message, errors }: ApiError): FieldProblem[] {
  const at = formatPath(["tenants", name]);
  if (errors.length === 0) return [{ field: at, text: message }];
  return errors.map(({ field = "", text }) => {
    const inner = field === "" || field.startsWith("[") ? field : `.${field}`;
    return { field: at + inner, text };
  });
}
