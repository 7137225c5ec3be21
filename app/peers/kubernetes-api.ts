/**
 * GET requests to the API server, as the pod's service account. The client library (@kubernetes/client-node) would do this
 * and much more, and takes 83 MB of memory and 0.6 s of the one thread to load, when the whole service lives in 192 MiB: it
 * stays with the manifests, for its types.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

const ORIGIN = 'https://kubernetes.default.svc';
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * A connection on which nothing has come for so long is taken for dead, though nobody closed it: the API server sends a
 * bookmark on every watch about once a minute. https://github.com/kubernetes-client/javascript/issues/596
 */
const SILENCE_MS = 150_000;

/** What a pod asks of its API server. */
export interface KubernetesApi {
  readonly namespace: string;
  /** @throws Error where it cannot be reached, or answers anything but 200 */
  get(path: string, signal: AbortSignal): Promise<IncomingMessage>;
}

/** @throws Error outside of a cluster, and in a pod that has no token */
export async function openKubernetesApi(): Promise<KubernetesApi> {
  const read = (name: string) => readFile(`${ACCOUNT}/${name}`, 'utf8');
  return {
    namespace: await read('namespace'),
    async get(path, signal) {
      // The kubelet renews the token in its file before it expires.
      const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
      const asking = request(
        new URL(path, ORIGIN),
        { ca, headers, signal, agent: false, timeout: SILENCE_MS },
        resolve,
      );
      asking.on('timeout', () => asking.destroy(new Error(`The API server was silent for ${SILENCE_MS / 1000} s`)));
      asking.on('error', reject);
      asking.end();
      const answer = await promise;
      if (answer.statusCode === 200) return answer;
      throw new Error(`The API server answers ${answer.statusCode} to ${path}: ${await text(answer)}`);
    },
  };
}
