// Maps each request of the main thread to the method of the worker that does it, and its result to
// a reply.

import type { Challenges } from "../../downstream/acme/challenges.ts";
import type { CaptureOrder } from "../../observe/capture/rule.ts";
import type { KeptRequest, KeptRequests } from "../../observe/kept-requests.ts";
import type { LimitUse } from "../../observe/limit-use.ts";
import type { PackedSnapshot } from "../../observe/packed-snapshot.ts";
import type { TailSubscription } from "../../observe/tail-batch.ts";
import type { MemberPlace } from "../../upstream/group/member.ts";
import type { CellEnds, CellOrder } from "../shared/cell-messages.ts";
import type {
  FromWorker,
  GenerationChange,
  KeptWanted,
  Listening,
  ListenSpec,
  WorkerReply,
  WorkerRequest,
} from "../shared/messages.ts";
import { StartupError } from "../shared/start-errors.ts";

export interface WorkerDuties {
  readonly cells: { obey(order: CellOrder): Promise<CellEnds | null> };
  readonly tls: { readonly challenges: Challenges };
  prepare(change: GenerationChange): Promise<WorkerReply>;
  commit(number: number): void;
  abandon(): void;
  listen(listeners: readonly ListenSpec[]): Promise<Listening[]>;
  counted(): PackedSnapshot;
  readonly kept: KeptRequests;
  readonly limitUse: (tenant: string) => LimitUse;
  readonly captures: { obey(orders: readonly CaptureOrder[]): void };
  tail(subscriptions: readonly TailSubscription[]): void;
  closeTunnels(place?: MemberPlace): void;
  close(graceMs: number, closesTunnels: boolean): Promise<void>;
  drain(): Promise<void>;
  end(): Promise<void>;
}

const DONE: WorkerReply = { type: "done" };

export async function replyTo(request: WorkerRequest, worker: WorkerDuties): Promise<WorkerReply> {
  switch (request.type) {
    case "prepare":
      return await worker.prepare(request.change);
    case "commit":
      worker.commit(request.number);
      return DONE;
    case "abandon":
      worker.abandon();
      return DONE;
    case "listen":
      return { type: "listening", listening: await worker.listen(request.listeners) };
    case "count":
      return { type: "counted", snapshot: worker.counted() };
    case "kept":
      return { type: "kept", requests: keptOf(request, worker.kept) };
    case "limits":
      return { type: "limits", use: worker.limitUse(request.tenant) };
    case "cells":
      return { type: "cells", ends: await worker.cells.obey(request.order) };
    case "tail":
      worker.tail(request.subscriptions);
      return DONE;
    case "captures":
      worker.captures.obey(request.orders);
      return DONE;
    case "challenges":
      worker.tls.challenges.hold(request.challenges);
      return DONE;
    case "cut off":
      worker.closeTunnels(request.place);
      return DONE;
    case "close tunnels":
      worker.closeTunnels();
      return DONE;
    case "close":
      await worker.close(request.graceMs, request.closesTunnels);
      return DONE;
    case "drain":
      await worker.drain();
      return DONE;
    case "end":
      await worker.end();
      return DONE;
  }
}

function keptOf(wanted: KeptWanted, kept: KeptRequests): readonly KeptRequest[] {
  if (wanted.id === null) return kept.of(wanted.tenant);
  const found = kept.find(wanted.tenant, wanted.id);
  return found === null ? [] : [found];
}

export function failedReply(number: number, thrown: unknown): FromWorker {
  const isExpected = thrown instanceof StartupError;
  const message = thrown instanceof Error ? thrown.message : "unknown";
  const stack = thrown instanceof Error && !isExpected ? `\n${thrown.stack}` : "";
  return { type: "failed", number, message: message + stack };
}
