/**
 * Which labels mean what. A selector cannot be changed once it is applied, so it holds the install's name alone; version
 * and tool are labels that nothing selects by but people and the pruning of `make deploy`.
 */
import { VERSION } from '../app/version.ts';
import type { Environment } from './environments.ts';

/** What finds the pods of an install, and nothing else. */
export function selectorLabels({ name }: Environment): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

/** What every object carries; `make deploy` prunes by these, within the namespace. */
export function ownerLabels(environment: Environment): Record<string, string> {
  return { ...selectorLabels(environment), 'app.kubernetes.io/managed-by': 'cdk8s' };
}

export const VERSION_LABEL = 'app.kubernetes.io/version';

/** What the pods and their Deployment carry besides. */
export const VERSION_LABELS = { [VERSION_LABEL]: VERSION } as const;

/** A pod with this label, in the same namespace, may reach the admin port. */
export const ADMIN_ACCESS_LABELS = { 'time-service-access': 'admin' } as const;

/** Labels as kubectl takes them. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
