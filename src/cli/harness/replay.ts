// The program of a replay: requests that were captured run through a version of the script, one
// after the other, and of each a line of JSON says what is not as it was. The process is thrown
// away; fleet/trials/replaying.ts watches it from outside.

import type { ReplayOrder, ReplayReport } from "../../fleet/trials/replay-order.ts";
import { begin, endTrial, readJob, say } from "../../fleet/trials/trial-io.ts";
import { firstDifference } from "../../observe/capture/difference.ts";
import { ScriptApp } from "./app.ts";
import { GivenValues } from "./given-values.ts";

async function run({ tenant, runtime, captures, config, values, code, map }: ReplayOrder) {
  for (const { record, comparing } of captures) {
    // each in an isolate of its own: what a script keeps in variables is not in a record
    await using app = await ScriptApp.start({
      config,
      owner: {
        config: { ...tenant, isolation: "inline" },
        script: { tenant: tenant.name, deployment: "replay", code, map },
      },
      around: null,
      anyGroup: false,
      runtime,
      values: new GivenValues(JSON.parse(values)),
    });
    try {
      const again = await app.replay(record);
      const difference = firstDifference(record, again, comparing);
      tell({ difference, failure: again.end.error, reason: null });
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      tell({ difference: null, failure: null, reason });
    }
  }
}

const tell = (report: ReplayReport): void => say(`${JSON.stringify(report)}\n`);

const order = readJob<ReplayOrder>();
begin();
try {
  await run(order);
} catch (thrown) {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  tell({ difference: null, failure: null, reason });
}
endTrial();
