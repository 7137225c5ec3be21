/** What is running: how many pods of which version, what the autoscaler thinks, and what restarted why. */
import type { V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';

import { containersOf, isReady, lastEnd, readInstall, refusalOf, revisionOf, troublesOf } from './install.ts';
import type { Target } from './target.ts';
import { VERSION_LABEL } from '../labels.ts';

export async function showStatus(target: Target): Promise<void> {
  const install = await readInstall(target);
  const { deployment, pods, autoscaler } = install;
  const { name, namespace } = target.environment;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  console.log(`${name} in ${namespace} at ${target.context}, revision ${revisionOf(deployment)}`);
  console.log(
    `pods: ${replicas} of ${deployment.spec!.replicas} wanted, ${updatedReplicas} updated, ${availableReplicas} available`,
  );
  const refusal = refusalOf(install);
  if (refusal !== undefined) console.log(`refused: ${refusal}`);
  if (autoscaler) console.log(`autoscaler: ${describeAutoscaler(autoscaler)}`);
  console.log();
  printTable([['POD', 'NODE', 'VERSION', 'IMAGE', 'READY', 'AGE', 'RESTARTS', 'WHY'], ...pods.map(describePod)]);
}

function describeAutoscaler({ spec, status }: V2HorizontalPodAutoscaler): string {
  const { minReplicas, maxReplicas, metrics } = spec;
  const used = status?.currentMetrics?.[0]?.resource?.current.averageUtilization;
  const target = metrics?.[0]?.resource?.target.averageUtilization;
  return `${minReplicas} to ${maxReplicas} pods, ${status?.desiredReplicas ?? '?'} wanted; CPU ${used ?? '?'} % of the request, target ${target} %`;
}

function describePod(pod: V1Pod): string[] {
  const { metadata, spec } = pod;
  const containers = containersOf(pod);
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const why = isReady(pod) ? containers.map(lastEnd).filter((end) => end !== undefined) : troublesOf(pod);
  return [
    metadata!.name!,
    spec!.nodeName ?? '-',
    metadata!.labels?.[VERSION_LABEL] ?? '-',
    spec!.containers[0]!.image!,
    metadata!.deletionTimestamp === undefined ? (isReady(pod) ? 'yes' : 'no') : 'ending',
    describeAge(metadata!.creationTimestamp),
    String(restarts),
    why.join('; '),
  ];
}

function describeAge(since: Date | string | undefined): string {
  const seconds = since === undefined ? 0 : Math.round((Date.now() - new Date(since).getTime()) / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
