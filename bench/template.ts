// Configurations of the contestants are files with `{{name}}` in them; this fills them in.

/** Everything that a template may name. */
export interface Values {
  /** Where the contestant listens. */
  readonly port: number;
  /** A second port, for what has an admin address. */
  readonly admin: number;
  /** Where it listens for HTTP/2 in the clear, and for TLS, if it does. */
  readonly http2Port: number;
  readonly tlsPort: number;
  /** Files of the certificate that it shows over TLS. */
  readonly certificate: string;
  readonly key: string;
  /** Port of the origin. */
  readonly origin: number;
  /** The contestant's own temporary folder. */
  readonly folder: string;
  readonly root: string;
  readonly node: string;
  readonly workerd: string;
  readonly nginxModules: string;
  /** What a contestant's files leave open: its script, or the handler in it, and its lane. */
  readonly script: string;
  readonly isolation: string;
  /** Pingora's program, as it was built. */
  readonly pingora: string;
  /** 1 KiB of JSON, for what fetches it. */
  readonly json: string;
  /** A token, and the public key of who signed it. */
  readonly token: string;
  readonly jwk: string;
  readonly spki: string;
  /** The directive that declares njs's counter, or a comment where njs has none. */
  readonly njsCounter: string;
}

/** Throws when the template names something that is not there, so that no `{{…}}` survives. */
export function render(template: string, values: Values): string {
  const known = new Map(Object.entries(values));
  return template.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`Cannot render a template: {{${name}}} is unknown.`);
    return String(value);
  });
}
