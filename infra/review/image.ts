/** The parts of an image's name. https://kubernetes.io/docs/concepts/containers/images/#image-names */

export interface Image {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

export function parseImage(reference: string): Image {
  const [name = '', digest] = reference.split('@');
  // A colon before the last slash belongs to a registry's port.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon < 0
    ? { repository: name, tag: undefined, digest }
    : { repository: name.slice(0, colon), tag: name.slice(colon + 1), digest };
}

/** Whether the name says which image it is; `latest` and no tag at all mean whatever is there when it is pulled. */
export function isPinned({ tag, digest }: Image): boolean {
  return digest !== undefined || (tag !== undefined && tag !== 'latest');
}
