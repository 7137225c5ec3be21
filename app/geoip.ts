/**
 * The zone where an address is, from a database in MaxMind's format such as GeoLite2 City, which its owner mounts: none is
 * shipped, because none may be shipped without its licence, and it is stale within weeks.
 */
import { isIPv6 } from 'node:net';

import { open, type CityResponse } from 'maxmind';

import { ConfigError } from './config.ts';
import { ExpectationError } from './zones/expectation.ts';
import { parseZone, type Zone } from './zones/zone.ts';

/**
 * @param path of the database, which is read into memory whole
 * @returns a look-up; it finds nothing for an address that the database does not place
 * @throws ConfigError for a file that is no such database
 */
export async function openGeoip(path: string): Promise<(address: string) => Zone | undefined> {
  const reader = await open<CityResponse>(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`GEOIP_DATABASE: expected a database in MaxMind's format, got ${path}: ${reason}`, { cause });
  });
  return (address) => {
    // A database without IPv6 would be asked for the IPv4 address that the first bits of this one are.
    if (reader.metadata.ipVersion === 4 && isIPv6(address)) return undefined;
    const name = reader.get(address)?.location?.time_zone;
    if (name === undefined) return undefined;
    try {
      return parseZone(name);
    } catch (error) {
      // The database may be newer than the tz data, or older.
      if (error instanceof ExpectationError) return undefined;
      throw error;
    }
  };
}
