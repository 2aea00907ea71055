// Who owns the script around all tenants': the operator. Where scripts, their versions, values and
// counts are kept by owner, it is one more beside the tenants, under a name that none of them can
// have.

/** No name of a tenant (NAME) begins like this. */
export const OPERATOR = "@operator";

/** As messages name an owner of scripts. */
export const ownerText = (name: string): string =>
  name === OPERATOR ? "the operator" : `tenant ${name}`;
