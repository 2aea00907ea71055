// Where several proxies share a store: whose figures are shown, the choice of one of them, and
// which one is missing.

import { useEffect } from "preact/hooks";
import { type AskedNode, chosenNode, knownNodes, noteNodes } from "../base/nodes.ts";
import { setQuery } from "../base/router.ts";
import { safe } from "../base/text.ts";

interface NodeSwitchProps {
  /** As the last answer has them; undefined: there is none, or the proxy is alone. */
  readonly nodes: readonly AskedNode[] | undefined;
}

export function NodeSwitch({ nodes = [] }: NodeSwitchProps) {
  const chosen = chosenNode();
  useEffect(() => {
    if (chosen === "" && nodes.length > 0) noteNodes(nodes);
  }, [chosen, nodes]);
  const all = knownNodes.value;
  if (chosen === "" && all.length < 2) return null;
  const isListed = chosen === "" || all.some(({ id }) => id === chosen);
  const own = nodes.find(({ id }) => id === chosen);
  const listed = isListed ? all : [...all, { id: chosen, name: own?.name ?? chosen, reason: "" }];
  return (
    <div class="filters nodes">
      <label>
        Proxy{" "}
        <select value={chosen} onChange={(event) => setQuery({ node: event.currentTarget.value })}>
          <option value="">all{all.length > 1 ? ` ${all.length}` : ""}</option>
          {listed.map(({ id, name }) => (
            <option key={id} value={id}>
              {safe(titleOf(name, id, listed), 80)}
            </option>
          ))}
        </select>
      </label>
      <span role="status">
        {nodes
          .filter(({ reason }) => reason !== "")
          .map(({ id, name, reason }) => (
            <span key={id} class="missing">
              Without {safe(name, 80)}: {safe(reason, 200)}
            </span>
          ))}
      </span>
    </div>
  );
}

/** Several may have one name. */
function titleOf(name: string, id: string, all: readonly AskedNode[]): string {
  const isAlone = all.filter((one) => one.name === name).length < 2;
  return isAlone ? name : `${name} (${id.slice(0, 8)})`;
}
