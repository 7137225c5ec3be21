/**
 * GET requests to the API server, as the pod's service account. The client library (@kubernetes/client-node) would do this
 * and much more, and takes 83 MB of memory and 0.6 s of the one thread to load, when the whole service lives in 256 MiB: it
 * stays with the manifests, for its types.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

/** What a pod asks of its API server. */
export interface KubernetesApi {
  readonly namespace: string;
  /** @throws Error where it cannot be reached, or answers anything but 200 */
  get(path: string, signal: AbortSignal): Promise<IncomingMessage>;
}

/** Where the API server and the pod's account are; a test has others. */
interface KubernetesPlace {
  readonly origin: string;
  readonly account: string;
  /** How long a connection may have been silent before it is given up. */
  readonly silenceMs: number;
}

const OWN_CLUSTER: KubernetesPlace = {
  origin: 'https://kubernetes.default.svc',
  account: '/var/run/secrets/kubernetes.io/serviceaccount',
  // Watches have stalled that nobody had closed (https://github.com/kubernetes-client/javascript/issues/596); on one that
  // lives, the API server sends a bookmark about once a minute.
  silenceMs: 150_000,
};

/** @throws Error outside of a cluster, and in a pod that has no token */
export async function openKubernetesApi(place = OWN_CLUSTER): Promise<KubernetesApi> {
  const { origin, account, silenceMs } = place;
  const read = (name: string) => readFile(`${account}/${name}`, 'utf8');
  return {
    namespace: await read('namespace'),
    async get(path, signal) {
      // The kubelet renews the token in its file before it expires.
      const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
      const asking = request(new URL(path, origin), { ca, headers, signal, agent: false, timeout: silenceMs }, resolve);
      let answer: IncomingMessage | undefined;
      // Destroyed without its answer, a request lets that end with an error that does not say why.
      asking.on('timeout', () =>
        (answer ?? asking).destroy(new Error(`The API server was silent for ${silenceMs} ms`)),
      );
      asking.on('error', reject);
      asking.end();
      answer = await promise;
      if (answer.statusCode === 200) return answer;
      throw new Error(`The API server answers ${answer.statusCode} to ${path}: ${await text(answer)}`);
    },
  };
}
