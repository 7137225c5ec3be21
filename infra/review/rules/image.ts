/**
 * A tag can be moved, a digest cannot: what a tag names may differ from node to node and from day to day, and a roll back
 * may bring something else than what ran before.
 */
import { isPinned, parseImage, type Image } from '../image.ts';
import { changesOf, danger, effect, type Finding, type Rule } from '../rule.ts';
import { containersOf, WORKLOAD_KINDS } from '../workload.ts';

export const image: Rule = {
  name: 'image',
  reference: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
  judge: (comparison) =>
    changesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      if (!after) return [];
      const old = new Map((before ? containersOf(before) : []).map((one) => [one.name, one.image]));
      return containersOf(after).flatMap(({ name, image: reference = '' }): Finding[] => {
        const was = old.get(name);
        if (was === reference) return [];
        const judgement = judgeImage(was === undefined ? undefined : parseImage(was), parseImage(reference));
        return judgement ? [judgement.judge(after, `${name}: ${judgement.text}`)] : [];
      });
    }),
};

interface Judgement {
  readonly judge: typeof danger | typeof effect;
  readonly text: string;
}

function judgeImage(from: Image | undefined, to: Image): Judgement | undefined {
  if (!isPinned(to)) return { judge: danger, text: 'its image is whatever `latest` is when a node pulls it.' };
  if (from && from.repository !== to.repository) {
    return { judge: effect, text: `its image comes from ${to.repository} now.` };
  }
  if (from?.digest !== undefined && to.digest === undefined) {
    const text = `its image was pinned by digest and goes by the tag ${to.tag} now, which can be moved.`;
    return { judge: danger, text };
  }
  if (to.digest === undefined) {
    return { judge: effect, text: `its image moves by tag to ${to.tag}, which can be moved; a digest cannot.` };
  }
  const moved = from?.digest !== undefined && from.digest !== to.digest && from.tag !== undefined;
  return moved && from.tag === to.tag
    ? { judge: effect, text: `its image changes, though its tag ${to.tag} does not.` }
    : undefined;
}
