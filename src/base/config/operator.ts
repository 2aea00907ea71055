// Who owns the script around all tenants': the operator. Where scripts, their versions, values and
// counts are kept by owner, it is one more beside the tenants, under a name that none of them can
// have.

import type { Config, TenantConfig } from "./types.ts";

/** No name of a tenant (NAME) begins like this. */
export const OPERATOR = "@operator";

/** Whoever has scripts in the file: the operator, if it has a layer, and every tenant. */
export const ownersOf = ({
  operator,
  tenants,
}: Pick<Config, "operator" | "tenants">): readonly TenantConfig[] =>
  operator === null ? tenants : [operator, ...tenants];

/** As messages name an owner of scripts. */
export const ownerText = (name: string): string =>
  name === OPERATOR ? "the operator" : `tenant ${name}`;

/** The same at the beginning of a sentence. */
export const ownerTitle = (name: string): string =>
  name === OPERATOR ? "The operator" : `Tenant ${name}`;

/** How the command line names it. */
export const ownerOption = (name: string): string =>
  name === OPERATOR ? "--operator" : `--tenant ${name}`;
