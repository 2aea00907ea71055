// Around the scripts of all tenants: its counter counts for all of them.

import { counter, definePhases, log } from "sluice";

const requests = counter("requests");

export default definePhases({
  requestFilter({ request }) {
    log.info(`request #${requests.incr()} of all, to ${new URL(request.url).host}`);
  },
});
