/** The table of routes as the documentation reads it: nothing behind it ever answers. */
import { wallClock } from '../app/clock/clock.ts';
import { NO_PEERS } from '../app/clock/peer-report.ts';
import { apiRoutes } from '../app/http/api.ts';
import { parseZone } from '../app/zones/zone.ts';

export const ROUTES = apiRoutes(
  wallClock,
  parseZone('UTC'),
  { addressOf: () => '', zoneOf: () => undefined },
  () => NO_PEERS,
);
