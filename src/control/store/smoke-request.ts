// A smoke request, as it is kept with its deployment.

/** A request that a deployment must answer as told before it takes traffic. */
export interface SmokeRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly expect: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly bodyIncludes?: string;
    /** Name of the upstream group that the script must choose. */
    readonly upstream?: string;
  };
}
