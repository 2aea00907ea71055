// What reached the origin, from nginx's own count. It keeps every contestant honest: a proxy that
// answers without asking the origin, or opens a connection for each request, is found out.

export interface OriginStatus {
  readonly connections: number;
  readonly requests: number;
}

export async function readOrigin(port: number): Promise<OriginStatus> {
  const response = await fetch(`http://127.0.0.1:${port}/status`);
  return parseStatus(await response.text());
}

/** `server accepts handled requests\n 16 16 31 \n`; the question itself is in it. */
export function parseStatus(text: string): OriginStatus {
  const match = /^\s+(\d+) (\d+) (\d+)/m.exec(text);
  if (match === null) throw new Error(`Cannot read the origin's status: got ${text}`);
  return { connections: Number(match[1]), requests: Number(match[3]) };
}
