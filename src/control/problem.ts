// Errors of the admin API: problem documents (RFC 9457).

import type { ServerResponse } from "node:http";

export interface ApiProblem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export const sendProblem = (response: ServerResponse, problem: ApiProblem): void => {
  const body = JSON.stringify({ type: "about:blank", ...problem });
  response.writeHead(problem.status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
};
