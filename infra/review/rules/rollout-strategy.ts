/**
 * A workload that leaves rolling updates keeps the `rollingUpdate` that the API server filled in, which the other strategies
 * may not have: apply fails. Where the manifest had named one of its fields, giving them up takes all of it away.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { isKind } from '../manifests.ts';
import { danger, updatesOf, type Rule } from '../rule.ts';

export const rolloutStrategy: Rule = {
  name: 'rollout-strategy',
  reference: 'https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership',
  judge: (comparison) =>
    updatesOf(comparison, 'Deployment', 'StatefulSet').flatMap(({ before, after }) => {
      const written = comparison.changes.find((change) => change.before === before)?.written;
      const [from, to] = [strategyOf(before), strategyOf(after)];
      if (from?.type !== 'RollingUpdate' || to?.type === 'RollingUpdate' || !written || !isFilledIn(written)) return [];
      const reason = `the \`rollingUpdate\` that the API server filled in stays, and ${to?.type} may not have one`;
      return [danger(after, `Apply fails: ${reason}. Name it first, or remove it by hand.`)];
    }),
};

interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: object;
}

function strategyOf(object: KubernetesObject): Strategy | undefined {
  if (isKind(object, 'StatefulSet')) return object.spec?.updateStrategy;
  return isKind(object, 'Deployment') ? object.spec?.strategy : undefined;
}

/** Whether nobody has named `rollingUpdate`; a StatefulSet that names its strategy gets none. */
function isFilledIn(written: KubernetesObject): boolean {
  const { type, rollingUpdate = {} } = strategyOf(written) ?? {};
  return Object.keys(rollingUpdate).length === 0 && (type === undefined || written.kind === 'Deployment');
}
