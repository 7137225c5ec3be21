/**
 * Instances found as the pods behind a Service, from its EndpointSlices. They are listed, and then watched for changes for
 * some minutes; then the list is asked for anew, so that a change which a watch has lost is not lost for ever.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { json } from 'node:stream/consumers';

import type { V1Endpoint, V1EndpointSlice, V1EndpointSliceList } from '@kubernetes/client-node';

import type { Discovery } from './discovery.ts';
import type { Endpoint } from './endpoint.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** The slices' port that peers are asked on has this name. */
const PORT_NAME = 'grpc';

/** How long one watch lasts; chance makes it up to a fifth longer, so that pods which began together do not list together. */
const WATCH_SECONDS = 300;

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: V1EndpointSlice;
}

export function discoverEndpointSlices(openApi: () => Promise<KubernetesApi>, service: string): Discovery {
  const selector = `labelSelector=${encodeURIComponent(`kubernetes.io/service-name=${service}`)}`;
  return async function* discover(signal) {
    const api = await openApi();
    const path = `/apis/discovery.k8s.io/v1/namespaces/${api.namespace}/endpointslices`;
    // Any version will do that the API server has at hand; the watch begins from it.
    const list = (await json(await api.get(`${path}?${selector}&resourceVersion=0`, signal))) as V1EndpointSliceList;
    const slices = new Map(list.items.map((slice) => [slice.metadata?.name, slice]));
    yield listEndpoints(slices.values());

    const version = encodeURIComponent(list.metadata?.resourceVersion ?? '');
    const seconds = Math.round(WATCH_SECONDS * (1 + Math.random() / 5));
    const options = `watch=1&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=${seconds}`;
    for await (const line of readLines(await api.get(`${path}?${selector}&${options}`, signal))) {
      const event = JSON.parse(line) as WatchEvent;
      if (event.type === 'BOOKMARK') continue;
      // The version is too old, or the API server is ending: listing anew mends both.
      if (event.type === 'ERROR') return;
      const { name } = event.object.metadata ?? {};
      if (event.type === 'DELETED') slices.delete(name);
      else slices.set(name, event.object);
      yield listEndpoints(slices.values());
    }
  };
}

async function* readLines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** @returns the pods that are not ending, in each address family that the Service has */
function listEndpoints(slices: Iterable<V1EndpointSlice>): Endpoint[] {
  return Array.from(slices).flatMap(({ endpoints, ports }) => {
    const port = ports?.find(({ name }) => name === PORT_NAME)?.port;
    if (port === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.terminating !== true)
      .map((endpoint) => readEndpoint(endpoint, port));
  });
}

/** A pod that is not ready still has a clock, and that may be why it is not. */
function readEndpoint({ addresses, nodeName, conditions }: V1Endpoint, port: number): Endpoint {
  const [address = ''] = addresses;
  return { node: nodeName ?? address, address, port, isReady: conditions?.ready !== false };
}
