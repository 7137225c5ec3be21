/** The TimeService: from messages to the pure calls that HTTP makes too, and back. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';

import { readFields, readOptional, readWords, readZoneOr, readZones } from './fields.ts';
import { Disambiguation, Occurrence, TimeService, type TransitionSchema } from './generated/time/v1/time_pb.js';
import { cutPage, readPageSize, readPageToken } from './page.ts';
import { encodeMoment, encodeReading, encodeZoneReading } from './reading.ts';
import { defineService, type Service } from './service.ts';
import { fitsTimestamp, fromTimestamp, toTimestamp } from './timestamp.ts';
import { TimeWatchers } from './watch-time.ts';
import type { Clock } from '../clock/clock.ts';
import { convertTime, type Disambiguation as DisambiguationWord } from '../zones/conversion.ts';
import { ExpectationError } from '../zones/expectation.ts';
import { parseLocalTime } from '../zones/instant.ts';
import { readZone } from '../zones/reading.ts';
import { findOffsetInterval, formatOffset, type Transition } from '../zones/transitions.ts';
import { describeZone } from '../zones/tz-table.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { listZones, parseCountry } from '../zones/zone-list.ts';
import { parseZone, type Zone } from '../zones/zone.ts';

/** The longest period of WatchTime, a day. */
const LONGEST_PERIOD_S = 86_400n;

const DISAMBIGUATIONS = new Map<Disambiguation, DisambiguationWord>([
  [Disambiguation.UNSPECIFIED, 'compatible'],
  [Disambiguation.COMPATIBLE, 'compatible'],
  [Disambiguation.EARLIER, 'earlier'],
  [Disambiguation.LATER, 'later'],
  [Disambiguation.REJECT, 'reject'],
]);

const OCCURRENCES = { unique: Occurrence.UNIQUE, gap: Occurrence.GAP, overlap: Occurrence.OVERLAP } as const;

export function timeService(clock: Clock, defaultZone: Zone): Service {
  const watchers = new TimeWatchers(clock);
  return defineService(
    TimeService,
    {
      getTime(request) {
        const { zones } = readFields({ zones: () => readZones(request.zones, defaultZone) });
        return { reading: encodeReading(clock.now(), zones) };
      },

      watchTime(call) {
        const { zones, period } = readFields({
          zones: () => readZones(call.request.zones, defaultZone),
          period: () => readOptional(call.request.period, readPeriod),
        });
        watchers.add(call, zones, period ?? 1n);
      },

      listZones(request) {
        const { page_size, at, ...filter } = readFields({
          page_size: () => readPageSize(request.pageSize),
          at: () => readOptional(request.at, fromTimestamp),
          area: () => readWords(request.area),
          country: () => (request.country === '' ? undefined : parseCountry(request.country)),
          q: () => readWords(request.q),
        });
        const { page_token: start } = readFields({
          page_token: () =>
            request.pageToken === ''
              ? { epochNs: at ?? clock.now().epochNs, after: '' }
              : readPageToken(request.pageToken, filter, at),
        });
        const list = listZones(filter, start.epochNs).zones;
        const { zones, nextPageToken } = cutPage(list, filter, start, page_size);
        return {
          zones: zones.map(({ zone, offset }) => ({ zone: zone.id, offset })),
          nextPageToken,
          totalSize: list.length,
          tzdb: TZDB_VERSION,
        };
      },

      getZone(request) {
        const { zone, at } = readFields(
          { zone: () => readRequiredZone(request.zone), at: () => readOptional(request.at, fromTimestamp) },
          'zone',
        );
        const epochNs = at ?? clock.now().epochNs;
        const { previous, next } = findOffsetInterval(zone, epochNs);
        const { canonical, aliases, posixTz } = describeZone(zone);
        return {
          reading: encodeZoneReading(readZone(zone, epochNs)),
          ...(previous && { previous: encodeTransition(previous) }),
          ...(next && fitsTimestamp(next.epochNs) && { next: encodeTransition(next) }),
          canonical,
          aliases: [...aliases],
          posixTz,
          tzdb: TZDB_VERSION,
        };
      },

      convert(request) {
        const { instant, local, from, to, disambiguation } = readFields({
          instant: () => (request.time.case === 'instant' ? fromTimestamp(request.time.value) : undefined),
          local: () => (request.time.case === 'local' ? parseLocalTime(request.time.value) : undefined),
          time: () => request.time.case ?? refuseMissing('an instant or a local time'),
          from: () => readZoneOr(request.from, defaultZone),
          to: () => readZones(request.to, defaultZone),
          disambiguation: () => readDisambiguation(request.disambiguation),
        });
        const time = instant ?? local ?? refuseMissing('an instant or a local time');
        // Only now is it known whether the local time exists as it was asked for, and in a Timestamp's range.
        const { local: conversion } = readFields({
          local: () => {
            const { occurrence, chosen, earlier, later, to: readings } = convertTime(time, from, to, disambiguation);
            return {
              occurrence: OCCURRENCES[occurrence],
              chosen: encodeMoment(chosen),
              ...(occurrence !== 'unique' && { earlier: encodeMoment(earlier), later: encodeMoment(later) }),
              to: readings.map(encodeZoneReading),
              tzdb: TZDB_VERSION,
            };
          },
        });
        return conversion;
      },
    },
    { endStreams: (spreadMs) => watchers.end(spreadMs) },
  );
}

function refuseMissing(expected: string): never {
  throw new ExpectationError(expected, undefined);
}

function readRequiredZone(text: string): Zone {
  return text === '' ? refuseMissing('a zone') : parseZone(text);
}

/** @returns seconds */
function readPeriod({ seconds, nanos }: Duration): bigint {
  if (nanos === 0 && seconds >= 1n && seconds <= LONGEST_PERIOD_S) return seconds;
  throw new ExpectationError(`whole seconds from 1 to ${LONGEST_PERIOD_S}`, `${seconds} s and ${nanos} ns`);
}

function readDisambiguation(value: Disambiguation): DisambiguationWord {
  const word = DISAMBIGUATIONS.get(value);
  if (word) return word;
  throw new ExpectationError('a Disambiguation that this version of the API has', String(value));
}

function encodeTransition(transition: Transition): MessageInitShape<typeof TransitionSchema> {
  return {
    instant: toTimestamp(transition.epochNs),
    offsetBefore: formatOffset(transition.offsetBeforeSeconds),
    offsetAfter: formatOffset(transition.offsetAfterSeconds),
  };
}
