/**
 * The image by its content: the tag is a hash of everything the build reads, so that what was changed always rolls out, and
 * what was not never does, whatever git or the clock say.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { Advice, capture, CommandError, show } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What the Dockerfile copies, and the Dockerfile. */
const INPUTS = ['Dockerfile', 'package.json', 'package-lock.json', 'tsconfig.json'];
const INPUT_FOLDER = 'app';

const NAME = 'time-service';
const TAG_LENGTH = 12;
const CONTENT_TAG = new RegExp(`:[0-9a-f]{${TAG_LENGTH}}$`);

/** The name of the image that a build makes now. */
export function contentImage(root = ROOT): string {
  const folder = readdirSync(join(root, INPUT_FOLDER), { recursive: true, withFileTypes: true });
  const files = folder
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const lines = [...INPUTS, ...files]
    .toSorted()
    .map((file) => `${hash('sha256', readFileSync(join(root, file)))} ${file}\n`);
  return `${NAME}:${hash('sha256', lines.join('')).slice(0, TAG_LENGTH)}`;
}

/** Builds the image of the present content unless it is there already. */
export async function buildImage(): Promise<string> {
  await findDocker();
  const image = contentImage();
  if (await hasImage(image)) return image;
  console.log(`building ${image}`);
  await capture('make', ['--no-print-directory', 'image', `IMAGE_NAME=${image}`]);
  return image;
}

/** Sends the image of the present content to a registry. */
export async function pushImage(registry: string): Promise<void> {
  const image = await buildImage();
  const pushed = `${registry.replace(/\/$/, '')}/${image}`;
  await capture('docker', ['tag', image, pushed]);
  await show('docker', ['push', pushed]);
  console.log(
    `Pushed. Deploy it with \`make deploy ENV=… CONTEXT=… IMAGE=${pushed}\`, or release it with \`make pin\`.`,
  );
}

export async function findDocker(): Promise<void> {
  try {
    await capture('docker', ['info']);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Advice('Docker is installed but does not answer: start it, and run this again.', { cause: error });
  }
}

/** Deletes the images that were tagged by their content. */
export async function deleteImages(): Promise<void> {
  const images = (await capture('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', NAME])).split('\n');
  const made = images.filter((image) => CONTENT_TAG.test(image));
  if (made.length > 0) await capture('docker', ['image', 'rm', ...made]);
}

async function hasImage(image: string): Promise<boolean> {
  return (await capture('docker', ['image', 'ls', '--quiet', image])) !== '';
}
