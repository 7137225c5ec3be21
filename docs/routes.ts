/** The table of routes as the documentation reads it: nothing behind it ever answers. */
import { HonestClock } from '../app/clock/honest-clock.ts';
import { NO_PEERS } from '../app/clock/peer-report.ts';
import { openTimeSource } from '../app/clock/time-source.ts';
import { apiRoutes } from '../app/http/api.ts';
import { EventStreams } from '../app/http/events.ts';
import { parseZone } from '../app/zones/zone.ts';

const clock = new HonestClock({ time: openTimeSource(undefined), kernel: undefined, floorNs: 0n });

export const ROUTES = apiRoutes({
  clock,
  defaultZone: parseZone('UTC'),
  callers: { addressOf: () => '', zoneOf: () => undefined },
  reportPeers: () => NO_PEERS,
  events: new EventStreams(clock),
});
