/**
 * From constructs to YAML. cdk8s-plus-27 knows Kubernetes 1.27, and its generated converters drop every field they do not
 * know, JSON patches included (https://github.com/cdk8s-team/cdk8s/issues/2172); so what is newer is written into the
 * finished manifest. And YAML turns an object that occurs twice into an anchor and `undefined` into null, neither of which
 * a reviewer should meet; so documents are copied as plain values, with their keys in order.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { ApiObject, type Chart, Yaml } from 'cdk8s';
import type { Construct } from 'constructs';

/** Edits the finished manifest of an object; the edit names its type, as the newest API has it. */
export function completeManifest(construct: Construct, edit: (manifest: never) => void): void {
  const object = ApiObject.of(construct);
  const render = object.toJson.bind(object);
  object.toJson = () => {
    const manifest: unknown = render();
    edit(manifest as never);
    return manifest;
  };
}

/** The objects of a chart, in the order in which they were made. */
export function readManifests(chart: Chart): KubernetesObject[] {
  return chart.toJson().map((object) => sortKeys(object) as KubernetesObject);
}

export function renderYaml(manifests: readonly KubernetesObject[]): string {
  return Yaml.stringify(...manifests);
}

/** What says which object this is comes first; the rest follows by name. */
const IDENTITY = ['apiVersion', 'kind', 'metadata'];

function rank(key: string): string {
  const place = IDENTITY.indexOf(key);
  return place < 0 ? `${IDENTITY.length}${key}` : String(place);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)).map(([key, child]) => [key, sortKeys(child)]),
  );
}
