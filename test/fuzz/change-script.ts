// A version's script: it answers with its tag, what it reads of its tenant's, and its count.

export interface Said {
  readonly tag: string;
  /** As newCtx had it. */
  readonly began: string;
  readonly flag: string;
  readonly secret: string;
  readonly hits: number;
}

export const FLAG = "mood";
export const SECRET = "key";
export const NOTHING = "none";

export const changeScript = (tag: string): string => `
import { counter, definePhases, flag, secret } from "sluice";
const hits = counter("hits");
const key = () => { try { return secret("${SECRET}"); } catch { return "${NOTHING}"; } };
export default definePhases({
  newCtx: () => ({ began: "${tag}" }),
  requestFilter(session, ctx) {
    const fails = session.request.headers.get("x-fail");
    if (fails === "${tag}") throw new Error("on purpose");
    if (fails !== null) return new Response("another one fails");
    return Response.json({
      tag: "${tag}",
      began: ctx.began,
      flag: flag("${FLAG}", "${NOTHING}"),
      secret: key(),
      hits: hits.incr(),
    });
  },
});
`;
