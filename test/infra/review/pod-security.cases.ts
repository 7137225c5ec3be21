import { podSecurity } from '../../../infra/review/rules/pod-security.ts';
import type { RuleCases } from './cases.ts';
import { containerOf, without, type Install } from './install.ts';

const LEVEL = 'pod-security.kubernetes.io/enforce';
const podOf = ({ deployment }: Install) => deployment.spec!.template.spec!;
const refused = (what: string, level = 'restricted') =>
  `danger: No new pod of it is admitted: Pod Security \`${level}\` refuses ${what}.`;

export const podSecurityCases: RuleCases = {
  rule: podSecurity,
  cases: [
    {
      it: 'warns of a container that may gain privileges',
      change: (install) => Reflect.deleteProperty(containerOf(install).securityContext!, 'allowPrivilegeEscalation'),
      says: [refused('clock without allowPrivilegeEscalation: false')],
    },
    {
      it: 'warns of a pod that may run as root',
      change: (install) => Reflect.deleteProperty(podOf(install).securityContext!, 'runAsNonRoot'),
      says: [refused('clock without runAsNonRoot: true')],
    },
    {
      it: 'is silent where the container says what the pod no longer does',
      change: (install) => {
        Reflect.deleteProperty(podOf(install).securityContext!, 'runAsNonRoot');
        Object.assign(containerOf(install).securityContext!, { runAsNonRoot: true });
      },
      says: [],
    },
    {
      it: "warns of the host's network",
      change: (install) => Object.assign(podOf(install), { hostNetwork: true }),
      says: [refused('hostNetwork')],
    },
    {
      it: "warns of the host's files, which are one violation of two levels",
      change: (install) => Object.assign(podOf(install), { volumes: [{ name: 'host', hostPath: { path: '/etc' } }] }),
      says: [refused('hostPath volume host')],
    },
    {
      it: 'is silent about files of its own',
      change: (install) => Object.assign(podOf(install), { volumes: [{ name: 'own', emptyDir: {} }] }),
      says: [],
    },
    {
      it: 'warns of a capability beyond the baseline',
      before: ({ namespace }) => Object.assign(namespace.metadata!.labels!, { [LEVEL]: 'baseline' }),
      change: (install) => Object.assign(containerOf(install).securityContext!.capabilities!, { add: ['NET_ADMIN'] }),
      says: [refused('clock with NET_ADMIN', 'baseline')],
    },
    {
      it: 'warns of what is given up where no level is enforced',
      before: ({ namespace }) => Object.assign(namespace.metadata!, { labels: {} }),
      change: (install) => Object.assign(containerOf(install), { securityContext: { privileged: true } }),
      says: [
        'danger: No longer meets Pod Security `restricted`: clock privileged, ' +
          'clock without allowPrivilegeEscalation: false, clock without drop: ALL.',
      ],
    },
    {
      it: 'warns of a namespace that admits more',
      change: ({ namespace }) => Object.assign(namespace.metadata!.labels!, { [LEVEL]: 'baseline' }),
      says: ['danger: Admits pods that Pod Security `restricted` refused: `baseline` is enforced now.'],
    },
    {
      it: 'says that a stricter namespace keeps the pods that run',
      before: ({ namespace }) => Object.assign(namespace.metadata!.labels!, { [LEVEL]: 'baseline' }),
      change: ({ namespace }) => Object.assign(namespace.metadata!.labels!, { [LEVEL]: 'restricted' }),
      says: ['effect: Refuses new pods that do not meet Pod Security `restricted`; those that run stay.'],
    },
    {
      it: 'is silent about a pod without the namespace that it is for, as long as it asks for no more',
      before: without('namespace'),
      change: (install) => Object.assign(containerOf(install).securityContext!, { readOnlyRootFilesystem: true }),
      says: [],
    },
  ],
};
