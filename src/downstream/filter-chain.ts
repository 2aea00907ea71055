// The body filters of an exchange's layers, one behind the other: what one makes of a chunk is what
// the next one sees. The first one decodes, the last one encodes; each has its own bounds.
//
//     write ─▶ filter ─▶ filter ─▶ sink.write

import type { SluiceError } from "../base/errors.ts";
import type { Layer } from "../phases/layer.ts";
import { BodyFilter, type BodyFilterOptions, type BodyFilterSink } from "./body-filter.ts";
import { NOTHING } from "./unread.ts";

/** A filter, or several as one. */
export type FilterChain = Pick<BodyFilter, "write" | "end" | "unblock" | "destroy">;

export interface FilterChainOptions extends Omit<BodyFilterOptions, "layer" | "bufferBytes"> {
  /** In the order in which the body passes them; at least one. */
  readonly layers: readonly Layer[];
  readonly bufferBytes: (layer: Layer) => number;
}

export function chainFilters(options: FilterChainOptions, sink: BodyFilterSink): FilterChain {
  const { layers } = options;
  const [layer] = layers;
  if (layer === undefined) throw new TypeError("a body without hooks is not filtered");
  const bufferBytes = options.bufferBytes(layer);
  if (layers.length === 1) return new BodyFilter({ ...options, layer, bufferBytes }, sink);
  return linkFilters(options, layer, sink);
}

/** One filter, and those behind it as its sink. */
function linkFilters(options: FilterChainOptions, layer: Layer, sink: BodyFilterSink): FilterChain {
  /** To be told when those behind have taken the last chunk, or never will. */
  let left: () => void = NOTHING;
  const tellLeft = (): void => {
    const told = left;
    left = NOTHING;
    told();
  };
  const destroy = (): void => {
    first.destroy();
    rest.destroy();
    tellLeft();
  };
  const failed = (error: SluiceError): void => {
    destroy();
    sink.failed(error);
  };
  const bufferBytes = options.bufferBytes(layer);
  const first = new BodyFilter(
    { ...options, layer, bufferBytes, encode: "" },
    {
      write(chunk, leftChunk) {
        const hasRoom = rest.write(chunk);
        if (hasRoom) leftChunk();
        else left = leftChunk;
        return hasRoom;
      },
      end: () => rest.end(),
      failed,
      onRoom: () => sink.onRoom(),
    },
  );
  const rest = chainFilters(
    { ...options, layers: options.layers.slice(1), decode: "" },
    {
      write: (chunk, leftChunk) => sink.write(chunk, leftChunk),
      end: () => sink.end(),
      failed,
      onRoom() {
        tellLeft();
        first.unblock();
      },
    },
  );
  return {
    write: (chunk) => first.write(chunk),
    end: () => first.end(),
    unblock: () => rest.unblock(),
    destroy,
  };
}
