/**
 * The packet of NTP: RFC 5905, figure 8, and what RFC 4330, section 5, wants of a client. What can be forged is checked: an
 * answer must carry the cookie of its question. The cookie is random and not the time, which a server need not know
 * (RFC 9769 and the practice of chrony).
 */
import type { Leap } from './kernel.ts';

const PACKET_BYTES = 48;
const AT = {
  stratum: 1,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  kiss: 12,
  origin: 24,
  receive: 32,
  transmit: 40,
};

/** No leap warning, version 4, mode 3 (client). */
const QUERY = 0x23;
const MODE_SERVER = 4;
const VERSIONS = new Set([3, 4]);
const STRATUM_MAX = 15;
const LEAPS: readonly (Leap | undefined)[] = ['none', 'insert', 'delete', undefined];

/** Seconds from 1900, where NTP begins, to 1970. */
const EPOCH_S = 2_208_988_800n;

/** The seconds of NTP begin anew each 136 years, next on 7 February 2036. */
const ERA_S = 1n << 32n;

const NS_PER_S = 1_000_000_000n;

/** A server farther from its source than this is not to be used (MAXDIST of RFC 5905). */
const MAX_DISTANCE_NS = 1_000_000_000n;

/** What came back for a question. */
export type NtpAnswer =
  | {
      readonly kind: 'time';
      /** When the question came and the answer left, by the server's clock: nanoseconds since 1970. */
      readonly t2Ns: bigint;
      readonly t3Ns: bigint;
      /** How wrong the server's clock can be by its own account. */
      readonly boundNs: bigint;
      readonly leap: Leap;
    }
  /** The server wants to be asked less (`RATE`) or not at all (`DENY`, `RSTR`): RFC 5905, section 7.4. */
  | { readonly kind: 'kiss'; readonly code: string }
  | { readonly kind: 'unusable'; readonly reason: string };

export function encodeQuery(cookie: bigint): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES);
  packet.writeUInt8(QUERY, 0);
  packet.writeBigUInt64BE(cookie, AT.transmit);
  return packet;
}

/**
 * @param cookie of the question
 * @param aboutNs any instant within 68 years of the true one: it tells the era
 * @returns undefined where the packet is no answer to the question: anybody may have sent it
 */
export function decodeAnswer(packet: Buffer, cookie: bigint, aboutNs: bigint): NtpAnswer | undefined {
  if (packet.length < PACKET_BYTES || packet.readBigUInt64BE(AT.origin) !== cookie) return undefined;
  const flags = packet.readUInt8(0);
  if ((flags & 7) !== MODE_SERVER || !VERSIONS.has((flags >> 3) & 7)) return undefined;

  const stratum = packet.readUInt8(AT.stratum);
  if (stratum === 0) return { kind: 'kiss', code: packet.toString('latin1', AT.kiss, AT.kiss + 4) };
  const leap = LEAPS[flags >> 6];
  if (!leap || stratum > STRATUM_MAX) return { kind: 'unusable', reason: 'the server is not synchronised' };
  const precisionNs = BigInt(Math.ceil(2 ** packet.readInt8(AT.precision) * 1e9));
  const boundNs =
    shortNs(packet, AT.rootDelay) / 2n + shortNs(packet, AT.rootDispersion) + (precisionNs > 0n ? precisionNs : 1n);
  if (boundNs > MAX_DISTANCE_NS) return { kind: 'unusable', reason: `the server is only sure to ${boundNs} ns` };
  const t2Ns = timestampNs(packet, AT.receive, aboutNs);
  const t3Ns = timestampNs(packet, AT.transmit, aboutNs);
  if (t3Ns < t2Ns) return { kind: 'unusable', reason: 'the answer left before the question came' };
  return { kind: 'time', t2Ns, t3Ns, boundNs, leap };
}

/** A duration of 16 bits of seconds and 16 of their fraction. */
function shortNs(packet: Buffer, at: number): bigint {
  return (BigInt(packet.readUInt32BE(at)) * NS_PER_S) >> 16n;
}

/** A timestamp of 32 bits of seconds and 32 of their fraction, in the era that brings it nearest to an instant. */
function timestampNs(packet: Buffer, at: number, aboutNs: bigint): bigint {
  const seconds = BigInt(packet.readUInt32BE(at)) - EPOCH_S;
  const fractionNs = (BigInt(packet.readUInt32BE(at + 4)) * NS_PER_S) >> 32n;
  const aboutS = aboutNs / NS_PER_S;
  const earliestS = aboutS - ERA_S / 2n;
  return (earliestS + BigInt.asUintN(32, seconds - earliestS)) * NS_PER_S + fractionNs;
}
