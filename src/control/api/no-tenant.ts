// The answer where there is no tenant of the name that was asked for. Who may list them hears
// which there are; nobody else hears of any other.

import { OPERATOR } from "../../base/config/operator.ts";
import { printable } from "../../observe/plain-text.ts";
import { ApiError } from "./problem.ts";
import type { Caller } from "./route.ts";

const NAME_CHARS = 64;
/** Of the list: who has more of them asks for it. */
const NAMES_SHOWN = 10;

/** Thrown where it is found out; the application adds what the caller may know. */
export class NoTenant extends ApiError {
  constructor(tenant: string) {
    super(404, `There is no tenant ${printable(tenant, NAME_CHARS)}.`);
  }

  /** @param all  names of the tenants that there are */
  toldTo({ role, tenant }: Pick<Caller, "role" | "tenant">, all: readonly string[]): ApiError {
    if (role !== "operator" || tenant !== null) return this;
    const names = all.filter((name) => name !== OPERATOR);
    if (names.length === 0) return this;
    const known =
      names.length <= NAMES_SHOWN
        ? `Those that there are: ${names.join(", ")}.`
        : `GET /v1/tenants lists the ${names.length} that there are (sluice tenant list).`;
    return new ApiError(this.status, `${this.message} ${known}`);
  }
}
