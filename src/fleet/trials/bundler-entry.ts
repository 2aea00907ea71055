// The program of the bundler's process. Uploads come in on standard input, bundles go out on
// standard output, one after the other. Its host watches time and memory; when the host ends,
// standard input closes, and the process ends too.

import { transform } from "esbuild";
import { encodeJson, JsonReader } from "../../base/json-messages.ts";
import { type Bundle, type BundleRefusal, bundleFiles, bundleSent } from "../../control/bundle.ts";
import { attempt } from "../../control/bundle-service.ts";
import { type BundleJob, type BundleReply, READY, REPLY_BYTES_MAX } from "./bundler-words.ts";

async function replyTo(job: BundleJob): Promise<BundleReply> {
  const result = await bundleOf(job);
  if (!result.ok) return result;
  const { inputs: _, ...reply } = result;
  return reply;
}

async function bundleOf({ upload, sluiceExports }: BundleJob): Promise<Bundle | BundleRefusal> {
  const { entry } = upload;
  if ("bundle" in upload) return bundleSent(upload.bundle, entry);
  return await bundleFiles(upload.files, { entry, sluiceExports }, async (options) => {
    const outcome = await attempt(options);
    // whoever watches knows the esbuild that was there at the start, and no other
    if (outcome.kind === "crashed" || outcome.kind === "timeout") process.exit(1);
    return outcome;
  });
}

const reader = new JsonReader(REPLY_BYTES_MAX);

// esbuild's own process starts with its first work, and is to be there before anybody's
await transform("");
process.stdout.write(encodeJson(READY));
process.stdin.on("data", (chunk: Buffer) => {
  for (const job of reader.read(chunk)) {
    // from our host
    void replyTo(job as BundleJob).then((reply) => process.stdout.write(encodeJson(reply)));
  }
});
process.stdin.on("end", () => process.exit());
