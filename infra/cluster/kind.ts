/** The cluster of `make up`: a control plane and a worker in each of three zones, reached through one mapped port of this machine alone. */
import { Advice, capture, CommandError, show } from './command.ts';
import { deleteImages, findDocker } from './image.ts';
import { KIND_CLUSTER, KIND_CONTEXT } from './target.ts';
import { ENVIRONMENTS } from '../environments.ts';

const NODE_IMAGE = 'kindest/node:v1.34.4';
const LISTEN_ADDRESS = '127.0.0.1';
const ZONES = ['a', 'b', 'c'];

/** Where the service of `make up` answers. */
export function serviceUrl(): string {
  return `http://${LISTEN_ADDRESS}:${nodePorts().http}`;
}

export async function createCluster(nodeImage?: string): Promise<void> {
  await findDocker();
  // Better missed now than when the cluster is made.
  await capture('kubectl', ['version', '--client']);
  if ((await kindClusters()).includes(KIND_CLUSTER)) return reachCluster();
  await makeCluster(KIND_CLUSTER, nodePorts(), nodeImage);
}

/** @param hostPorts the ports of this machine that lead to the service's node ports */
export async function makeCluster(
  name: string,
  hostPorts: { http: number; grpc: number },
  nodeImage = NODE_IMAGE,
): Promise<void> {
  const config = {
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    kind: 'Cluster',
    nodes: [
      {
        role: 'control-plane',
        extraPortMappings: (['http', 'grpc'] as const).map((port) => ({
          containerPort: nodePorts()[port],
          hostPort: hostPorts[port],
          listenAddress: LISTEN_ADDRESS,
        })),
      },
      // Without zones the scheduler leaves constraints that name them out of account, the one on hosts with them.
      ...ZONES.map((zone) => ({ role: 'worker', labels: { 'topology.kubernetes.io/zone': zone } })),
    ],
  };
  const args = ['create', 'cluster', '--name', name, '--image', nodeImage, '--wait', '90s', '--config', '-'];
  await show('kind', args, JSON.stringify(config));
}

/** Makes sure that a cluster which is there already is in the kubeconfig and answers. */
async function reachCluster(): Promise<void> {
  await capture('kind', ['export', 'kubeconfig', '--name', KIND_CLUSTER]);
  try {
    await capture('kubectl', ['--context', KIND_CONTEXT, 'get', '--raw', '/readyz']);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Advice(`The cluster ${KIND_CLUSTER} is there but does not answer: run \`make down\`, then this again.`, {
      cause: error,
    });
  }
}

/** Deletes the cluster, and the images that were built for it. */
export async function deleteCluster(): Promise<void> {
  await findDocker();
  await show('kind', ['delete', 'cluster', '--name', KIND_CLUSTER]);
  await deleteImages();
}

/** Puts an image of this machine onto the nodes that run pods and do not have it. */
export async function loadImage(cluster: string, image: string): Promise<void> {
  if (!(await kindClusters()).includes(cluster)) {
    throw new Advice(`The context kind-${cluster} has no cluster any more: run \`make up\`.`);
  }
  const nodes = (await capture('kind', ['get', 'nodes', '--name', cluster])).trim().split('\n');
  const workers = nodes.filter((node) => !node.endsWith('-control-plane'));
  const eligible = workers.length > 0 ? workers : nodes;
  // Not left to kind, which compares image ids, and those that Docker and containerd give are not always the same.
  const has = await Promise.all(eligible.map((node) => hasImage(node, image)));
  const lacking = eligible.filter((_, index) => !has[index]);
  if (lacking.length === 0) return;
  await show('kind', ['load', 'docker-image', image, '--name', cluster, '--nodes', lacking.join(',')]);
}

async function hasImage(node: string, image: string): Promise<boolean> {
  const filter = `name==docker.io/library/${image}`;
  return (
    (await capture('docker', ['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'ls', '--quiet', filter])) !== ''
  );
}

async function kindClusters(): Promise<string[]> {
  return (await capture('kind', ['get', 'clusters'])).split('\n');
}

function nodePorts(): { http: number; grpc: number } {
  const exposure = ENVIRONMENTS['kind']!.exposure;
  if (exposure.kind !== 'nodePort') throw new Error('The environment kind is reached through node ports.');
  return { http: exposure.http, grpc: exposure.grpc };
}
