/** Which build this is. The version stands in package.json alone; the revision is given by whoever builds the image. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
