/**
 * The matrix of faults: its rows, with their bounds, are the tables of docs/faults.md. A row becomes a test by the function
 * that makes its fault and gives what was measured; after the run the whole table is printed with that beside the bounds.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What was measured, by the measures' names in the table. */
export type Measured = Readonly<Record<string, number>>;

export interface Bound {
  readonly measure: string;
  readonly relation: '≤' | '≥';
  readonly limit: number;
  readonly unit: string;
}

export interface Row {
  readonly section: string;
  readonly fault: string;
  readonly bounds: readonly Bound[];
}

/** @throws Error for a bound that is not `measure ≤ number unit` */
export function parseMatrix(markdown: string): Row[] {
  return markdown.split(/^## /m).flatMap((part) => {
    const section = part.slice(0, part.indexOf('\n'));
    const cells = part.matchAll(/^\| (?!fault \|)([^|]+) \| ([^|]+) \| [^|]+ \|$/gm);
    return Array.from(cells, ([, fault = '', bounds = '']) => ({
      section,
      fault,
      bounds: bounds.split('; ').map(parseBound),
    }));
  });
}

function parseBound(text: string): Bound {
  const { measure, relation, limit, unit } =
    /^(?<measure>.+) (?<relation>[≤≥]) (?<limit>[\d.]+)(?<unit>.*)$/.exec(text)?.groups ?? {};
  if (!measure || !relation) throw new Error(`Expected a bound such as "failed ≤ 0", got ${JSON.stringify(text)}`);
  return { measure, relation: relation as Bound['relation'], limit: Number(limit), unit: unit ?? '' };
}

/** @returns what is wrong with a measurement, or undefined */
export function findBreach({ measure, relation, limit, unit }: Bound, measured: Measured): string | undefined {
  const value = measured[measure];
  if (value === undefined || Number.isNaN(value)) return `${measure} was not measured`;
  const holds = relation === '≤' ? value <= limit : value >= limit;
  return holds ? undefined : `Expected ${measure} ${relation} ${limit}${unit}, got ${format(value)}${unit}`;
}

const MATRIX = parseMatrix(readFileSync(join(import.meta.dirname, '../../docs/faults.md'), 'utf8'));
const measurements = new Map<Row, Measured>();

/**
 * Defines the tests of one section: a test a row.
 *
 * @param makers by the name of the fault, what makes it and measures what came of it
 */
export function defineFaults(section: string, makers: Readonly<Record<string, () => Promise<Measured>>>): void {
  const rows = MATRIX.filter((row) => row.section === section);
  describe(section, () => {
    it('has the faults of docs/faults.md', () => {
      assert.deepEqual(
        Object.keys(makers),
        Array.from(rows, ({ fault }) => fault),
      );
    });

    for (const row of rows) {
      it(row.fault, async () => {
        const measured = await makers[row.fault]!();
        measurements.set(row, measured);
        const breaches = row.bounds
          .map((bound) => findBreach(bound, measured))
          .filter((breach) => breach !== undefined);
        assert.deepEqual(breaches, []);
      });
    }
  });
}

function format(value: number): string {
  return String(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 0)));
}

function formatRow({ section, fault, bounds }: Row, measured: Measured): string {
  const cells = bounds.map(({ measure, relation, limit, unit }) => {
    return `${measure} ${format(measured[measure] ?? NaN)} (${relation} ${limit}${unit})`;
  });
  return `| ${section} | ${fault} | ${cells.join('; ')} |`;
}

export const mochaHooks = {
  afterAll() {
    const lines = Array.from(measurements, ([row, measured]) => formatRow(row, measured));
    console.log(['| section | fault | measured |', '|---|---|---|', ...lines].join('\n'));
  },
};
