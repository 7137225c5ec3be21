/**
 * Who the pods are, and what they may ask the API server: to read the EndpointSlices of their own namespace, which say
 * where the other pods are. A token is mounted only where a pod asks for one.
 */
import type { Chart } from 'cdk8s';
import { ApiResource, Role, RoleBinding, ServiceAccount, type IRole, type IServiceAccount } from 'cdk8s-plus-27';

import type { Environment } from './environments.ts';

export function addAccess(chart: Chart, { name }: Environment): IServiceAccount {
  const metadata = { name };
  // The casts: the library's classes do not meet its own interfaces under exactOptionalPropertyTypes.
  const account = new ServiceAccount(chart, 'service-account', { metadata, automountToken: false });
  const role = new Role(chart, 'role', { metadata });
  role.allow(['get', 'list', 'watch'], ApiResource.ENDPOINT_SLICES);
  new RoleBinding(chart, 'role-binding', { metadata, role: role as IRole }).addSubjects(account);
  return account as IServiceAccount;
}
