/**
 * Quantities are compared by what they are worth, and written as the API server writes them: 0.5 is 500m, 1024Mi is 1Gi.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

/** Units from the largest; all are worth a whole number of billionths. */
const DECIMAL: readonly [string, bigint][] = [
  ['E', 10n ** 27n],
  ['P', 10n ** 24n],
  ['T', 10n ** 21n],
  ['G', 10n ** 18n],
  ['M', 10n ** 15n],
  ['k', 10n ** 12n],
  ['', 10n ** 9n],
  ['m', 10n ** 6n],
  ['u', 10n ** 3n],
  ['n', 1n],
];
const BINARY: readonly [string, bigint][] = [
  ...['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].map((unit, index): [string, bigint] => [
    unit,
    1024n ** BigInt(6 - index) * 10n ** 9n,
  ]),
  ['', 10n ** 9n],
];
const UNITS = new Map([...BINARY, ...DECIMAL]);
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:([EPTGMK]i|[EPTGMkmun])|[eE]([+-]?\d+))?$/;

/** What a quantity is worth in billionths, rounded up as the API server does; undefined for what is no quantity. */
export function parseQuantity(quantity: unknown): bigint | undefined {
  const match = PATTERN.exec(String(quantity));
  if (!match || (!match[2] && !match[3])) return undefined;
  const [, sign, whole = '', fraction = '', unit = '', exponent = '0'] = match;
  const shift = BigInt(Math.abs(Number(exponent)));
  const scale = UNITS.get(unit)!;
  const [over, under] = exponent.startsWith('-') ? [1n, 10n ** shift] : [10n ** shift, 1n];
  const divisor = 10n ** BigInt(fraction.length) * under;
  const worth = (BigInt(whole + fraction) * scale * over + divisor - 1n) / divisor;
  return sign === '-' ? -worth : worth;
}

/** The API server's own writing of a quantity; what is none comes back as it is. */
export function canonicalQuantity(quantity: unknown): unknown {
  const worth = parseQuantity(quantity);
  if (worth === undefined) return quantity;
  if (worth === 0n) return '0';
  const units = String(quantity).endsWith('i') ? BINARY : DECIMAL;
  const [unit, scale] = [...units, ...DECIMAL].find(([, size]) => worth % size === 0n)!;
  return `${worth / scale}${unit}`;
}
