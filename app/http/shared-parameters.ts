/** The parameters that many routes share, each with one meaning everywhere. */
import { parameter } from './route.ts';
import { parseInstant, parseTime } from '../zones/instant.ts';
import { parseZone, ZONE_PATTERN } from '../zones/zone.ts';

export const zoneParameter = parameter(parseZone, {
  description: 'An IANA zone in any case, or a fixed offset `±HH:MM`, its `+` written `%2B`.',
  example: 'Europe/Paris',
  pattern: ZONE_PATTERN.source,
});

export const instantParameter = parameter(parseInstant, {
  description: 'An instant of RFC 3339; a `+` in it is written `%2B`.',
  example: '2026-11-24T03:05:54Z',
  format: 'date-time',
});

export const timeParameter = parameter(parseTime, {
  description: 'A local time, or an instant if it has an offset.',
  example: '2026-03-29T02:30:00',
});
