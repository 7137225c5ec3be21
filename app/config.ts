/**
 * The environment is read once, here, and becomes a typed Config. A bad environment is reported whole: an operator who
 * must restart a pod for each mistake in turn loses an hour to what one message could have said.
 */
import * as z from 'zod';

import { parseNtpServer } from './clock/ntp.ts';
import { ACCEPT_MARGIN_MS } from './drain.ts';
import { parseNetworks } from './networks.ts';
import { parsePeerSource } from './peers/peer-source.ts';
import { parseRegistryPlace, tokenReader } from './registry/registry-source.ts';
import { ExpectationError } from './zones/expectation.ts';
import { parseZone } from './zones/zone.ts';

/** The exit code for a bad environment: EX_CONFIG of sysexits(3). */
export const EXIT_CODE_CONFIG = 78;

/** Where the service listens unless the environment says otherwise. */
export const DEFAULT_PORTS = { http: 8080, grpc: 50_051, admin: 8081 } as const;

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const integer = (least: number, most: number) =>
  z
    .string()
    .transform((text) => (/^\d{1,15}$/.test(text) ? Number(text) : NaN))
    .refine((value) => value >= least && value <= most, `a whole number from ${least} to ${most}`);

const port = () => integer(0, 65_535);

/** A variable that a function reads, one that throws an ExpectationError for text that is not what it expects. */
const readBy = <Value>(read: (text: string) => Value) =>
  z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof ExpectationError)) throw error;
      context.addIssue(error.expected);
      return z.NEVER;
    }
  });

/** More than this add nothing: an agreement of sixteen bears seven liars. */
const MOST_NTP_SERVERS = 16;

const ntpServers = () =>
  z.string().transform((text, context) => {
    const names = text.split(',').filter((name) => name.trim() !== '');
    try {
      const servers = names.map((name) => parseNtpServer(name.trim()));
      if (new Set(servers.map(({ name }) => name)).size === servers.length && servers.length <= MOST_NTP_SERVERS) {
        return servers;
      }
      context.addIssue(`at most ${MOST_NTP_SERVERS} different NTP servers`);
    } catch (error) {
      if (!(error instanceof ExpectationError)) throw error;
      context.addIssue(error.expected);
    }
    return z.NEVER;
  });

/** Every variable the service reads. A schema's message says what was expected, its description what it is for. */
export const ENVIRONMENT = z.object({
  HOST: z
    .string()
    .default('::')
    .describe('The address all ports listen on: `::` is IPv6 and IPv4, and IPv4 alone where the machine has no IPv6.'),
  PORT: port().prefault(String(DEFAULT_PORTS.http)).describe('The port of the HTTP API; 0 picks a free one.'),
  GRPC_PORT: port().prefault(String(DEFAULT_PORTS.grpc)).describe('The port of the gRPC API; 0 picks a free one.'),
  ADMIN_PORT: port()
    .prefault(String(DEFAULT_PORTS.admin))
    .describe('The port of the probes and the metrics; 0 picks a free one.'),
  DEFAULT_ZONE: readBy(parseZone).prefault('UTC').describe('The zone of `/time`, and of readings that name none.'),
  TZDATA_DIRECTORY: z
    .string()
    .optional()
    .describe(
      'A directory with newer tz data than the image’s, made by `make tzdata OUT=`; see docs/time-zone-data.md.',
    ),
  TRUSTED_PROXIES: readBy(parseNetworks)
    .optional()
    .describe(
      'Networks whose `Forwarded` and `X-Forwarded-For` are believed, such as `10.0.0.0/8,fd00::/8`; without it none.',
    ),
  GEOIP_DATABASE: z
    .string()
    .optional()
    .describe(
      'A database in MaxMind’s format that says in which zone the caller of `/api/ip` is, by default in `DEFAULT_ZONE`.',
    ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('The least severe log line that is written; `debug` writes a line for each request.'),
  SLOW_REQUEST_MS: integer(1, 60_000).prefault('1000').describe('A request that takes longer is logged as a warning.'),
  KEEP_ALIVE_TIMEOUT_MS: integer(1, 600_000)
    .prefault('5000')
    .describe(
      'How long an idle HTTP connection is kept; set it above the idle timeout of a load balancer in front, and more than a second below `DRAIN_TIMEOUT_MS`.',
    ),
  DRAIN_TIMEOUT_MS: integer(1, 600_000)
    .prefault('20000')
    .describe('The deadline for what is in flight after SIGTERM; what is left then is cut off.'),
  MAX_EVENT_LOOP_DELAY_MS: integer(1, 60_000)
    .prefault('500')
    .describe(
      'A request that has waited longer than this to be worked on is answered 503 with `Retry-After: 1`; a gRPC call has its own deadline.',
    ),
  CLOCK_FLOOR_US: integer(0, 10_000_000)
    .prefault('10000')
    .describe(
      'What is added to the kernel’s account of its error. The default is for daemons that leave things out, as systemd-timesyncd does; with chrony 0 is right.',
    ),
  NTP_SERVERS: ntpServers()
    .prefault('')
    .describe('NTP servers to compare the clock with, separated by commas: `time.example.com,192.0.2.1:123`.'),
  PEERS: readBy(parsePeerSource)
    .prefault('')
    .describe(
      'Where the other instances are whose clocks are compared with this one’s: `kubernetes:SERVICE` (the pods of a headless Service), `dns:NAME:PORT` (every address of a name), `HOST:PORT,HOST:PORT`, each with the gRPC port, or `registry` (that of `REGISTRY`).',
    ),
  PEER_TOLERANCE_MS: integer(1, 3_600_000)
    .prefault('100')
    .describe(
      'How far the clock of a peer may be from this one’s, beyond what is uncertain, before it is reported; a node that most others report is not ready.',
    ),
  REGISTRY: readBy(parseRegistryPlace)
    .optional()
    .describe(
      'Where the instance enters itself while it serves: `consul:http://HOST:8500` or `eureka:http://HOST:8761/eureka`; see docs/discovery.md.',
    ),
  REGISTRY_TOKEN: z
    .string()
    .optional()
    .describe('What the registry wants to see: a token of Consul, or for Eureka `USER:PASSWORD` or a bearer token.'),
  REGISTRY_TOKEN_FILE: z.string().optional().describe('A file that has it instead; it is read again for each request.'),
  REGISTRY_TURNOVER_MS: integer(0, 600_000)
    .optional()
    .describe(
      'How long after it has left the registry the service goes on as before, while caches turn over: by default 10000 with Consul, 90000 with Eureka.',
    ),
  REVISION: z
    .string()
    .max(64, 'at most 64 characters')
    .default('unknown')
    .describe('The commit this build was made from; the image sets it.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'an http or https URL' })
    .optional()
    .describe('Where OpenTelemetry traces are sent; without it nothing of OpenTelemetry is loaded.'),
});

/** The name of a variable that {@link parseConfig} reads. */
export type VariableName = keyof typeof ENVIRONMENT.shape;

/** The configuration of one process. */
export type Config = ReturnType<typeof parseConfig>;

/** The environment does not describe a configuration; the message has a line for each bad variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a configuration from environment variables. An empty variable counts as one that is not set.
 *
 * @throws ConfigError with a line for each bad variable: its name, what was expected, and what came
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>) {
  const set = Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''));
  const parsed = ENVIRONMENT.refine(({ PEERS, REGISTRY }) => PEERS.kind !== 'registry' || REGISTRY, {
    path: ['PEERS'],
    error: 'REGISTRY to be set too',
  })
    // Or every drain would be cut off: it waits until the connections that are idle have ended.
    .refine(
      ({ KEEP_ALIVE_TIMEOUT_MS, DRAIN_TIMEOUT_MS }) => KEEP_ALIVE_TIMEOUT_MS + ACCEPT_MARGIN_MS < DRAIN_TIMEOUT_MS,
      { path: ['DRAIN_TIMEOUT_MS'], error: `more than ${ACCEPT_MARGIN_MS} ms above KEEP_ALIVE_TIMEOUT_MS` },
    )
    .safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      // The password of a URL is not for the log.
      const got = set[name]?.replace(/(?<=\/\/)[^/]*(?=@)/, '…');
      return `  ${name}: expected ${message}, got ${got === undefined ? 'its default' : JSON.stringify(got)}`;
    });
    throw new ConfigError(`The environment is not usable:\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  return {
    host: values.HOST,
    port: values.PORT,
    grpcPort: values.GRPC_PORT,
    adminPort: values.ADMIN_PORT,
    defaultZone: values.DEFAULT_ZONE,
    trustedProxies: values.TRUSTED_PROXIES,
    geoipDatabase: values.GEOIP_DATABASE,
    logLevel: values.LOG_LEVEL,
    slowRequestMs: values.SLOW_REQUEST_MS,
    keepAliveTimeoutMs: values.KEEP_ALIVE_TIMEOUT_MS,
    drainTimeoutMs: values.DRAIN_TIMEOUT_MS,
    maxEventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    clockFloorNs: BigInt(values.CLOCK_FLOOR_US) * 1000n,
    ntpServers: values.NTP_SERVERS,
    peers: values.PEERS,
    peerToleranceNs: BigInt(values.PEER_TOLERANCE_MS) * 1_000_000n,
    registry: values.REGISTRY && {
      ...values.REGISTRY,
      readToken: tokenReader(values.REGISTRY_TOKEN, values.REGISTRY_TOKEN_FILE),
    },
    registryTurnoverMs: values.REGISTRY_TURNOVER_MS,
    revision: values.REVISION,
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}
