// Clients of services, over fetch; and what keeps calls in order.

import type { PackageCase } from "./package-case.ts";

export const FETCHING: readonly PackageCase[] = [
  {
    packages: ["ky@1.14.3"],
    imports: 'import ky from "ky";',
    does: 'ky.post(env.ORIGIN + "/echo", { json: { a: 1 }, timeout: 5_000 }).json()',
    gives: { method: "POST", body: '{"a":1}' },
  },
  {
    packages: ["wretch@2.11.1"],
    imports: 'import wretch from "wretch";',
    does: 'wretch(env.ORIGIN).url("/echo").post({ a: 1 }).json()',
    gives: { method: "POST", body: '{"a":1}' },
  },
  {
    packages: ["ofetch@1.5.1"],
    imports: 'import { ofetch } from "ofetch";',
    does: 'ofetch("/echo", { baseURL: env.ORIGIN, method: "POST", body: { a: 1 } })',
    gives: { method: "POST", body: '{"a":1}' },
  },
  {
    packages: ["axios@1.21.1"],
    imports: 'import axios from "axios";',
    does: 'axios.post(env.ORIGIN + "/echo", { a: 1 }).then(({ data }) => data)',
    gives: { method: "POST", body: '{"a":1}' },
  },
  {
    packages: ["graphql-request@7.4.0", "graphql@16.15.0"],
    imports: 'import { gql, request } from "graphql-request";',
    does: 'request(env.ORIGIN + "/graphql", gql`{ name }`)',
    gives: { name: "Ann" },
  },
  {
    packages: ["@upstash/redis@1.39.0"],
    imports: 'import { Redis } from "@upstash/redis/cloudflare";',
    does: 'new Redis({ url: env.ORIGIN + "/redis", token: "t", enableTelemetry: false }).get("key")',
    gives: { a: 1 },
  },
  {
    packages: ["aws4fetch@1.0.20"],
    imports: 'import { AwsClient } from "aws4fetch";',
    does: `(async () => {
      const keys = { accessKeyId: "a", secretAccessKey: "s" };
      const aws = new AwsClient({ ...keys, service: "s3", region: "x" });
      const init = { method: "PUT", body: "b" };
      const signed = await aws.sign(env.ORIGIN + "/echo", init);
      const { body } = await (await aws.fetch(env.ORIGIN + "/echo", init)).json();
      return [body, signed.headers.get("authorization").split(" ")[0]];
    })()`,
    gives: ["b", "AWS4-HMAC-SHA256"],
  },
  {
    packages: ["eventsource-parser@3.1.1"],
    imports: 'import { EventSourceParserStream } from "eventsource-parser/stream";',
    does: `(async () => {
      const { body } = await fetch(env.ORIGIN + "/events");
      const text = body.pipeThrough(new TextDecoderStream());
      const events = text.pipeThrough(new EventSourceParserStream());
      const data = [];
      for await (const event of events) data.push(event.data);
      return data;
    })()`,
    gives: ["one", "two"],
  },
  {
    packages: ["openai@6.49.0"],
    imports: 'import OpenAI from "openai";',
    does: `(async () => {
      const client = new OpenAI({ apiKey: "k", baseURL: env.ORIGIN + "/openai" });
      const stream = await client.chat.completions.create({
        model: "m", messages: [{ role: "user", content: "hello" }], stream: true });
      let text = "";
      for await (const part of stream) text += part.choices[0]?.delta?.content ?? "";
      return text;
    })()`,
    gives: "Hello there",
  },
  {
    packages: ["stripe@23.1.0"],
    imports: 'import Stripe from "stripe";',
    does: `(async () => {
      const stripe = new Stripe("sk_test", { httpClient: Stripe.createFetchHttpClient() });
      const payload = JSON.stringify({ id: "evt_1", object: "event" });
      const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: "w" });
      return (await stripe.webhooks.constructEventAsync(payload, header, "w")).id;
    })()`,
    gives: "evt_1",
  },
  {
    packages: ["@aws-sdk/client-s3@3.1175.0"],
    imports: 'import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";',
    does: `(async () => {
      const credentials = { accessKeyId: "a", secretAccessKey: "s" };
      const endpoint = env.ORIGIN + "/s3";
      const s3 = new S3Client({ region: "x", credentials, endpoint, forcePathStyle: true });
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
      return await Body.transformToString();
    })()`,
    gives: "object b/k",
  },
  {
    packages: ["p-limit@7.3.3"],
    imports: 'import pLimit from "p-limit";',
    does: `(() => {
      const limit = pLimit(2);
      return Promise.all([1, 2, 3].map((n) => limit(async () => n * 2)));
    })()`,
    gives: [2, 4, 6],
  },
  {
    packages: ["p-retry@7.1.1"],
    imports: 'import pRetry from "p-retry";',
    does: `pRetry((attempt) => {
      if (attempt < 3) throw new Error("not yet");
      return attempt;
    }, { minTimeout: 1 })`,
    gives: 3,
  },
  {
    packages: ["rxjs@7.8.2"],
    imports: 'import { delay, from, lastValueFrom, map, mergeMap, of, toArray } from "rxjs";',
    does: "lastValueFrom(from([1, 2]).pipe(mergeMap((n) => of(n).pipe(delay(1))), map((n) => n * 2), toArray()))",
    gives: [2, 4],
  },
  {
    packages: ["effect@4.1.0"],
    imports: 'import { Effect } from "effect";',
    does: 'Effect.runPromise(Effect.sleep(1).pipe(Effect.map(() => "slept")))',
    gives: "slept",
  },
];
