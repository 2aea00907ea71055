// What is loaded when somebody opens it first, so that the overview need not wait for it.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../base/api.ts";
import { Failed, Loading } from "./states.tsx";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [state, setState] = useState<"waits" | "loaded" | "failed">("waits");
    useEffect(() => {
      if (loaded !== null) return;
      load().then(
        (view) => {
          loaded = view;
          setState("loaded");
        },
        () => setState("failed"),
      );
    }, []);
    if (loaded !== null) {
      const View = loaded;
      return <View {...props} />;
    }
    if (state !== "failed") return <Loading />;
    // a browser may remember that it could not load it: only the whole page anew helps
    return <Failed problem={NOT_LOADED} retry={() => location.reload()} />;
  };
}

/** After an upgrade the proxy has other files than the page that is open. */
const NOT_LOADED = new Problem(0, "This part of the page could not be loaded.");
