// Tags of pages rewritten as they stream through: pictures load when they are seen, and what they
// and scripts link to over http comes over https. The origin is asked here, so that nothing else of
// the tenant's goes through a script. What is behind the last `<` waits for the rest of its tag.

import { definePhases } from "sluice";

const UTF8_PAGE = /^text\/html\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
/** A tag that is longer is none: it goes on as it is. */
const TAG_MAX = 65_536;

const rewritten = (text: string): string =>
  text
    .replace(/<img(?![^>]*\sloading=)(?=[\s/>])/gi, '$& loading="lazy"')
    .replace(/(<(?:img|script)\s[^>]*?src=["']?)http:/gi, "$1https:");

function tags(): TransformStream<string, string> {
  let tail = "";
  return new TransformStream({
    transform(chunk, controller) {
      const text = tail + chunk;
      const open = text.lastIndexOf("<");
      const isCut = open > text.lastIndexOf(">") && text.length - open < TAG_MAX;
      tail = isCut ? text.slice(open) : "";
      controller.enqueue(rewritten(isCut ? text.slice(0, open) : text));
    },
    flush: (controller) => controller.enqueue(tail),
  });
}

export default definePhases({
  async requestFilter({ request: { method, url, headers } }) {
    if (method !== "GET" || !headers.get("accept")?.includes("text/html")) return;
    const page = await fetch(url, { upstream: "main", headers: [...headers], redirect: "manual" });
    if (!UTF8_PAGE.test(page.headers.get("content-type") ?? "") || page.body === null) return page;
    const body = page.body.pipeThrough(new TextDecoderStream()).pipeThrough(tags());
    const answer = new Response(body.pipeThrough(new TextEncoderStream()), page);
    for (const name of ["content-encoding", "content-length", "etag"]) answer.headers.delete(name);
    return answer;
  },
});
