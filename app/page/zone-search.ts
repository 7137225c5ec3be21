/** From what a person types to a zone: its name in any case, or its city, or the start of either. */
import { nameCity } from './format.ts';

const OFFSET = /^[+-]\d{2}(:?\d{2})?$/;

/** @returns the zone's proper name, or undefined where nothing fits */
export function findZone(names: readonly string[], typed: string): string | undefined {
  const wanted = fold(typed);
  if (wanted === '') return undefined;
  if (OFFSET.test(typed.trim())) return typed.trim();
  const tests: ((name: string) => boolean)[] = [
    (name) => fold(name) === wanted,
    (name) => fold(nameCity(name)) === wanted,
    (name) => fold(nameCity(name)).startsWith(wanted),
    (name) => fold(name).includes(wanted),
  ];
  for (const test of tests) {
    const found = names.filter(test);
    if (found.length > 0) return shortest(found);
  }
  return undefined;
}

function fold(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, ' ');
}

/** Of many that fit as well the shortest says least that was not asked for. */
function shortest(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => a.length - b.length)[0];
}
