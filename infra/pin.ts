/** A release: the image that the table of environments names becomes one that was pushed. */
import { Advice } from './cluster/command.ts';

const LINE = /^(export const RELEASED_IMAGE = ')[^']*(';)$/m;
/** A registry or a path, and a tag or a digest; a tag that moves is no release. */
const PUSHED =
  /^[a-z0-9][\w.-]*(:\d+)?(\/[\w.-]+)+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64}|:[\w.-]+@sha256:[0-9a-f]{64})$/;

/**
 * @param table the source of environments.ts
 * @returns that source with the image in it
 * @throws Advice when the image names no registry, or neither a fixed tag nor a digest
 */
export function pinImage(table: string, image: string): string {
  if (!PUSHED.test(image)) {
    throw new Advice(`Expected IMAGE=registry/name:tag or IMAGE=registry/name@sha256:…, got "${image}".`);
  }
  return table.replace(LINE, `$1${image}$2`);
}
