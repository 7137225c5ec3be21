/** Composes the service: configuration, clock, servers; waits for the signal to end; ends what it began, in reverse. */
import { once } from 'node:events';

import { formatAddress } from './address.ts';
import { Health } from './admin/health.ts';
import { adminRoutes } from './admin/routes.ts';
import { startClock } from './clock/clock-loop.ts';
import { ConfigError, EXIT_CODE_CONFIG, parseConfig, type Config } from './config.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { ACCEPT_MARGIN_MS, drainServers } from './drain.ts';
import { clockService } from './grpc/clock-service.ts';
import { ExchangeClient } from './grpc/exchange-client.ts';
import { GrpcServer } from './grpc/server.ts';
import { timeService } from './grpc/time-service.ts';
import { apiRoutes, createApi } from './http/api.ts';
import { Application } from './http/application.ts';
import { EventStreams } from './http/events.ts';
import { recoverErrors, refuseTargets } from './http/layers.ts';
import { routeRequests } from './http/router.ts';
import { HttpServer } from './http/server.ts';
import type { Callers } from './http/world-time-api.ts';
import { findClientAddress } from './networks.ts';
import { startPeerLoop } from './peers/peer-loop.ts';
import { PeerWatch } from './peers/peer-watch.ts';
import { describeInstance } from './registry/instance.ts';
import { startRegistration } from './registry/start-registration.ts';
import { logClockChanges, logPeer } from './telemetry/clock-log.ts';
import { registerClockMetrics } from './telemetry/clock-metrics.ts';
import { registerConnectionMetrics } from './telemetry/connection-metrics.ts';
import { EventLoopWatch } from './telemetry/event-loop.ts';
import { openLog } from './telemetry/log.ts';
import { GRPC_METRICS, HTTP_METRICS } from './telemetry/metric-names.ts';
import { registerPeerMetrics } from './telemetry/peer-metrics.ts';
import { openRegistry } from './telemetry/registry.ts';
import { RequestMetrics } from './telemetry/request-metrics.ts';
import { adoptTzdata } from './tzdata-directory.ts';
import { VERSION } from './version.ts';
import { WorkQueue } from './work-queue.ts';
import { checkTzdb, TZDB_VERSION } from './zones/tzdb.ts';

const LINGER_MS = 500;

const OUTVOTED = 'most other nodes agree on a time that this node’s clock is not near; /v1/peers has the offsets';

async function serve(config: Config): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const { logger } = resources.use(await openLog(config.logLevel));
  const tracing =
    config.otlpEndpoint === undefined
      ? undefined
      : resources.use(
          (await import('./telemetry/tracing.ts')).startTracing((error) =>
            logger.warn({ err: error }, 'spans are taken by no collector'),
          ),
        );
  const eventLoop = resources.use(new EventLoopWatch());
  const build = { version: VERSION, revision: config.revision };
  const registry = openRegistry(build);
  const { clock, time } = resources.use(
    await startClock({
      floorNs: config.clockFloorNs,
      ntpServers: config.ntpServers,
      onComplaint: (source, complaint) => logger.warn({ source, complaint }, 'a source of time cannot be used'),
    }),
  );
  resources.use(logClockChanges(clock, logger));
  registerClockMetrics(registry, clock);
  const events = resources.use(new EventStreams(clock));
  const peers = new PeerWatch({
    time,
    toleranceNs: config.peerToleranceNs,
    connect: ({ address, port }) => new ExchangeClient(formatAddress(address, port)),
    onChange: (peer) => logPeer(peer, logger),
  });
  const reportPeers = () => peers.report();
  registerPeerMetrics(registry, peers);

  let phase: 'starting' | 'serving' | 'draining' = 'starting';
  const health = new Health();
  health.add('started', 'start', () => (phase === 'starting' ? 'the servers are not yet open' : undefined));
  health.add('ready', 'serving', () => (phase === 'serving' ? undefined : `the service is ${phase}`));
  health.add('ready', 'tzdb', checkTzdb);
  health.add('ready', 'peers', () => (reportPeers().isOutvoted ? OUTVOTED : undefined));

  const isReady = () => health.run('ready').every(({ failure }) => failure === undefined);

  const admin = resources.use(
    await HttpServer.open(
      new Application([
        recoverErrors(logger),
        refuseTargets(),
        routeRequests(adminRoutes(health, registry, { ...build, node: process.versions.node, tzdb: TZDB_VERSION })),
      ]),
      { ...config, port: config.adminPort },
    ),
  );
  const metrics = new RequestMetrics(registry, HTTP_METRICS);
  // What there is for both public ports: neither of them gets the time or the memory that the other needs.
  const shared = { queue: new WorkQueue(), limit: new ConnectionLimit() };
  registerConnectionMetrics(registry, shared.limit);
  const http = resources.use(
    await HttpServer.open(
      createApi(
        apiRoutes({
          clock,
          defaultZone: config.defaultZone,
          callers: await findCallers(config),
          reportPeers,
          events,
        }),
        { metrics, logger, tracing, slowRequestMs: config.slowRequestMs, waitedMs: () => shared.queue.waitedMs },
        { delayMs: () => Math.max(eventLoop.delayMs, shared.queue.waitedMs), maxDelayMs: config.maxEventLoopDelayMs },
      ),
      config,
      shared,
    ),
  );
  const grpc = resources.use(
    await GrpcServer.open(
      [timeService(clock, config.defaultZone), clockService(clock, reportPeers)],
      isReady,
      {
        metrics: new RequestMetrics(registry, GRPC_METRICS),
        logger,
        tracing,
        slowRequestMs: config.slowRequestMs,
      },
      { host: config.host, port: config.grpcPort, ...shared },
    ),
  );
  const instance = describeInstance({
    http: http.port,
    grpc: grpc.port,
    admin: admin.port,
    version: VERSION,
    zone: config.defaultZone.id,
  });
  resources.use(
    startPeerLoop(peers, {
      source: config.peers,
      registry: config.registry,
      ownId: instance.id,
      ownPort: grpc.port,
      onDiscoveryFailure: (error, pauseMs) => logger.warn({ err: error, pauseMs }, 'the peers cannot be found out'),
    }),
  );
  const registration = startRegistration(config.registry, { instance, host: config.host, isReady, logger });
  // Listened for before the log says "serving": until then a signal ends the process where it stands.
  const ending = Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
  phase = 'serving';
  logger.info(
    { http: http.port, grpc: grpc.port, admin: admin.port, host: config.host, version: VERSION, tzdb: TZDB_VERSION },
    'serving',
  );

  const signal = await ending;
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => process.exit(1));
  phase = 'draining';
  logger.info({ signal }, 'draining');
  // At a terminal nobody else sends requests, which a drain would have to wait for.
  const isAlone = signal === 'SIGINT';
  await registration?.leave(isAlone ? 0 : config.registryTurnoverMs);
  const acceptMs = isAlone ? 0 : config.keepAliveTimeoutMs + ACCEPT_MARGIN_MS;
  const isClean = await drainServers([events, http, grpc], { acceptMs, deadlineMs: config.drainTimeoutMs });
  logger.info({ isClean }, 'closed');
}

async function findCallers({ trustedProxies, geoipDatabase }: Config): Promise<Callers> {
  return {
    addressOf: (request) => findClientAddress(request, trustedProxies),
    zoneOf: geoipDatabase === undefined ? () => undefined : await (await import('./geoip.ts')).openGeoip(geoipDatabase),
  };
}

/** A port that is taken or not ours to take is told in a line; a stack would only hide it. */
function isListenError(error: Error): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'listen';
}

async function main(): Promise<void> {
  try {
    // Before all else, because what a zone is may depend on it.
    const tzdataDirectory = process.env['TZDATA_DIRECTORY'];
    if (tzdataDirectory) adoptTzdata(tzdataDirectory, TZDB_VERSION);
    await serve(parseConfig(process.env));
    // All has ended; a name that is still looked up, or a collector that does not answer, is not waited for.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  } catch (error) {
    if (!(error instanceof Error && (error instanceof ConfigError || isListenError(error)))) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof ConfigError ? EXIT_CODE_CONFIG : 1;
  }
}

// Not awaited here: the bundle is CommonJS, which spares each start the loading of undici (docs/performance.md).
void main();
