/** From the fields of a request to domain types; what is wrong is told of all fields at once, each by its path. */
import { status } from '@grpc/grpc-js';

import { FieldError, type FieldViolation } from './status.ts';
import { ExpectationError, UnknownZoneError } from '../zones/expectation.ts';
import { MOST_ZONES, parseZone, type Zone } from '../zones/zone.ts';
import { LONGEST_WORDS } from '../zones/zone-list.ts';

/** For each field, by its name in the proto, what gives its value or throws an ExpectationError. */
type Readers = Readonly<Record<string, () => unknown>>;

type Values<Of extends Readers> = { [Field in keyof Of]: ReturnType<Of[Field]> };

/**
 * Reads the fields of a request.
 *
 * @param resource the field that names what the call is about; an unknown zone there is not found, elsewhere it is bad
 * @throws FieldError that names every field which is not what was expected
 */
export function readFields<Of extends Readers>(readers: Of, resource?: keyof Of): Values<Of> {
  const values: Record<string, unknown> = {};
  const violations: FieldViolation[] = [];
  for (const [field, read] of Object.entries(readers)) {
    try {
      values[field] = read();
    } catch (error) {
      violations.push(...listViolations(field, error));
    }
  }
  if (violations.length === 0) return values as Values<Of>;
  const isMissing = violations.some(({ field, error }) => field === resource && error instanceof UnknownZoneError);
  throw new FieldError(isMissing ? status.NOT_FOUND : status.INVALID_ARGUMENT, violations);
}

function listViolations(field: string, error: unknown): readonly FieldViolation[] {
  if (error instanceof ExpectationError) return [{ field, error }];
  // An element's path follows its list's.
  if (error instanceof FieldError) return error.violations.map((inner) => ({ ...inner, field: field + inner.field }));
  throw error;
}

/** A field that may be left out. */
export function readOptional<Sent, Value>(sent: Sent | undefined, read: (sent: Sent) => Value): Value | undefined {
  return sent === undefined ? undefined : read(sent);
}

/** A zone that may be left empty. */
export function readZoneOr(text: string, defaultZone: Zone): Zone {
  return text === '' ? defaultZone : parseZone(text);
}

/** A list of zones that may be left empty. */
export function readZones(texts: readonly string[], defaultZone: Zone): readonly Zone[] {
  if (texts.length === 0) return [defaultZone];
  if (texts.length > MOST_ZONES) throw new ExpectationError(`at most ${MOST_ZONES} zones`, String(texts.length));
  return Object.values(readFields(Object.fromEntries(texts.map((text, at) => [`[${at}]`, () => parseZone(text)]))));
}

/** What a list is narrowed by; empty, it is not. */
export function readWords(text: string): string | undefined {
  if (text.length > LONGEST_WORDS) throw new ExpectationError(`at most ${LONGEST_WORDS} characters`, text);
  return text === '' ? undefined : text;
}
