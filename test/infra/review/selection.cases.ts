import { selection } from '../../../infra/review/rules/selection.ts';
import type { RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

export const selectionCases: RuleCases = {
  rule: selection,
  cases: [
    {
      it: 'warns of a Service that finds no pod',
      change: ({ service }) => Object.assign(service.spec!.selector!, { app: 'watch' }),
      says: [
        'danger: `app=watch` selects no pod of these manifests: it has no endpoints and refuses every connection.',
      ],
    },
    {
      it: 'is silent about a Service that finds the pods by another label of theirs',
      before: ({ deployment }) => Object.assign(deployment.spec!.template.metadata!.labels!, { tier: 'front' }),
      change: ({ service }) => Object.assign(service.spec!, { selector: { tier: 'front' } }),
      says: [],
    },
    {
      it: 'warns of a budget that finds no pod',
      change: ({ budget }) => Object.assign(budget.spec!, { selector: { matchLabels: { app: 'watch' } } }),
      says: ['danger: `app=watch` selects no pod of these manifests: it holds nothing back.'],
    },
    {
      it: 'warns of a policy that finds no pod',
      change: ({ policy }) => Object.assign(policy.spec, { podSelector: { matchLabels: { app: 'watch' } } }),
      says: ['danger: `app=watch` selects no pod of these manifests: it guards nothing.'],
    },
    {
      it: 'warns of pods that their own Deployment does not select',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.metadata!, { labels: { app: 'watch' } }),
      says: [
        'danger: `app=clock` selects no pod of these manifests: it guards nothing.',
        'danger: `app=clock` selects no pod of these manifests: it has no endpoints and refuses every connection.',
        'danger: `app=clock` selects no pod of these manifests: it holds nothing back.',
        "danger: Apply fails: its selector does not match its own pod template's labels.",
      ],
    },
    {
      it: "warns of two Deployments that match each other's pods",
      change: (install) => {
        const twin = structuredClone(install.deployment);
        twin.metadata!.name = 'watch';
        install.others.push(twin);
      },
      says: [
        'danger: Its selector also matches the pods of Deployment watch.',
        'danger: Its selector also matches the pods of Deployment clock.',
      ],
    },
    {
      it: "warns of a Service's port that no container has",
      change: (install) => Object.assign(containerOf(install).ports![0]!, { name: 'web' }),
      says: ['danger: Port 80 leads to `http`, which no container of its pods has: it has no endpoints.'],
    },
    {
      it: "is silent where the port's number changes under its name",
      change: (install) => Object.assign(containerOf(install).ports![0]!, { containerPort: 8088 }),
      says: [],
    },
  ],
};
