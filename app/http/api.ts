/** The public HTTP API: the one table of its routes, and the layers around them. */
import { Application } from './application.ts';
import { clockRoutes } from './clock.ts';
import { conversionRoutes } from './conversion.ts';
import { docsRoutes } from './docs.ts';
import { eventRoutes, type EventStreams } from './events.ts';
import {
  observeRequests,
  recoverErrors,
  refuseMalformed,
  refuseTargets,
  shedOverload,
  type Observers,
  type Shedding,
} from './layers.ts';
import { descriptionRoute } from './openapi.ts';
import { pageRoutes } from './page.ts';
import { peerRoutes } from './peers.ts';
import type { Route } from './route.ts';
import { routeRequests } from './router.ts';
import { timeRoutes } from './time.ts';
import { keepWorldTimeApi, worldTimeRoutes, type Callers } from './world-time-api.ts';
import { zoneRoutes } from './zones.ts';
import type { HonestClock } from '../clock/honest-clock.ts';
import type { PeersReport } from '../clock/peer-report.ts';
import type { Zone } from '../zones/zone.ts';

/** What the routes answer from. */
export interface ApiParts {
  readonly clock: HonestClock;
  readonly defaultZone: Zone;
  readonly callers: Callers;
  readonly reportPeers: () => PeersReport;
  readonly events: EventStreams;
}

export function apiRoutes({ clock, defaultZone, callers, reportPeers, events }: ApiParts): Route[] {
  const routes = [
    ...timeRoutes(clock, defaultZone),
    ...zoneRoutes(clock),
    ...conversionRoutes(defaultZone),
    ...clockRoutes(clock),
    ...eventRoutes(events),
    ...worldTimeRoutes(clock, defaultZone, callers),
    ...peerRoutes(reportPeers),
  ];
  return [...routes, descriptionRoute(routes), ...docsRoutes(), ...pageRoutes()];
}

export function createApi(routes: readonly Route[], observers: Observers, shedding: Shedding): Application {
  const recover = recoverErrors(observers.logger);
  return new Application([
    observeRequests(observers),
    // What the next two throw has to be an answer too, or it would be in flight for ever.
    recover,
    refuseTargets(),
    keepWorldTimeApi(),
    recover,
    refuseMalformed(),
    shedOverload(shedding),
    routeRequests(routes),
  ]);
}
