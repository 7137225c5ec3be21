import { configuration } from '../../../infra/review/rules/configuration.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf, without, type Install } from './install.ts';

const setZone: Case['change'] = ({ settings }) => Object.assign(settings.data!, { zone: 'Asia/Tokyo' });

/** The zone as a file, in the place of a variable. */
const mount =
  (more: { subPath?: string }): NonNullable<Case['before']> =>
  (install: Install) => {
    containerOf(install).env!.pop();
    containerOf(install).volumeMounts = [{ name: 'settings', mountPath: '/settings', ...more }];
    install.deployment.spec!.template.spec!.volumes = [{ name: 'settings', configMap: { name: 'clock' } }];
  };

export const configurationCases: RuleCases = {
  rule: configuration,
  cases: [
    {
      it: 'warns of variables that pods keep as they were',
      change: setZone,
      says: [
        'danger: Pods of Deployment clock keep their variables as they were until they restart, each at its time.',
      ],
    },
    {
      it: 'is silent where the pods are replaced in the same change',
      change: (install) => {
        setZone(install);
        Object.assign(install.deployment.spec!.template.metadata!, { annotations: { settings: '2' } });
      },
      says: [],
    },
    {
      it: 'says that mounted files follow',
      before: mount({}),
      change: setZone,
      says: ['effect: Pods of Deployment clock see the new files after a minute or two, without a restart.'],
    },
    {
      it: 'warns of mounted files that do not',
      before: mount({ subPath: 'zone' }),
      change: setZone,
      says: ['danger: Pods of Deployment clock keep files mounted by subPath as they were until they restart.'],
    },
    {
      it: "is silent about a ConfigMap's label",
      change: ({ settings }) => Object.assign(settings.metadata!, { labels: { team: 'a' } }),
      says: [],
    },
    {
      it: 'warns of a key that a variable needs',
      change: ({ settings }) => Object.assign(settings, { data: { place: 'Europe/Paris' } }),
      says: [
        'danger: Pods of Deployment clock keep their variables as they were until they restart, each at its time.',
        'danger: Its next pod does not start: ConfigMap clock has no key zone.',
      ],
    },
    {
      it: 'warns of a ConfigMap that goes while pods need it',
      change: without('settings'),
      says: ['danger: Its next pod does not start: ConfigMap clock is gone.'],
    },
    {
      it: 'warns of an account that goes while pods need it',
      change: without('account'),
      says: ['danger: Its next pod does not start: ServiceAccount clock is gone.'],
    },
  ],
};
