/** What this node makes of the clocks of other nodes. */
import * as z from 'zod';

import { answerJson, NO_STORE } from './answer.ts';
import { answerSchema, defineRoute, type Route } from './route.ts';
import { instantSchema } from './shared-answers.ts';
import type { PeerReport, PeersReport } from '../clock/peer-report.ts';
import { formatInstant } from '../zones/instant.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';

export function peerRoutes(reportPeers: () => PeersReport): Route[] {
  return [
    defineRoute({
      path: '/v1/peers',
      summary: 'The clocks of other nodes, as far as each is from this one’s.',
      tag: 'Clock',
      pathParameters: {},
      queryParameters: {},
      produces: ['application/json'],
      answers: () => ({ 'application/json': peersSchema() }),
      handle: () => {
        const { toleranceNs, isOutvoted, peers } = reportPeers();
        const answer: PeersAnswer = {
          toleranceUs: toUs(toleranceNs),
          outvoted: isOutvoted,
          tzdb: TZDB_VERSION,
          peers: peers.map(encodePeer),
        };
        return answerJson(answer, NO_STORE);
      },
    }),
  ];
}

const peersSchema = answerSchema(() =>
  z.object({
    toleranceUs: z.number().meta({
      description: 'How far apart clocks may be, beyond the uncertainty, before a peer is ahead or behind.',
      example: 100_000,
    }),
    outvoted: z.boolean().meta({
      description: 'Whether most nodes agree on a time that this one’s clock is not near; then it is not ready.',
      example: false,
    }),
    tzdb: z.string().meta({ description: 'The release of this node’s tz database.', example: TZDB_VERSION }),
    peers: z.array(peerSchema()),
  }),
);

/** What is answered. */
export type PeersAnswer = z.input<ReturnType<typeof peersSchema>>;

const peerSchema = answerSchema(() =>
  z
    .object({
      node: z.string().meta({ description: 'The node, or the address it is asked at.', example: 'worker-2' }),
      verdict: z.enum(['agrees', 'ahead', 'behind', 'silent']).meta({ example: 'ahead' }),
      offsetUs: z
        .number()
        .meta({ description: 'Its clock minus this one’s; null while it is silent.', example: 250_012.5 })
        .nullable(),
      uncertaintyUs: z
        .number()
        .meta({ description: 'How far the true offset may be from that.', example: 431.5 })
        .nullable(),
      delayUs: z.number().meta({ description: 'How long question and answer took.', example: 612.25 }).nullable(),
      lastHeard: instantSchema('When its last answer came; null before the first.').nullable(),
      tzdb: z
        .string()
        .meta({ description: 'The release of its tz database; null where it has not said.', example: TZDB_VERSION })
        .nullable(),
    })
    .meta({ id: 'Peer' }),
);

function encodePeer({ node, verdict, offset, lastHeardNs, tzdb }: PeerReport): PeersAnswer['peers'][number] {
  return {
    node,
    verdict,
    offsetUs: offset && toUs(offset.offsetNs),
    uncertaintyUs: offset && toUs(offset.uncertaintyNs),
    delayUs: offset && toUs(offset.delayNs),
    lastHeard: lastHeardNs === null ? null : formatInstant(lastHeardNs),
    tzdb,
  };
}

function toUs(ns: bigint): number {
  return Number(ns) / 1000;
}
