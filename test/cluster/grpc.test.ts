/** The gRPC port as programs from outside find it: through the mapped port, and by the kubelet's own probe. */
import assert from 'node:assert/strict';

import type { V1Pod } from '@kubernetes/client-node';

import { caller, CALLERS } from './callers.ts';
import { change, HOST_PORTS, kubectl, target, waitFor } from './cluster.ts';
import { DEFAULT_PORTS } from '../../app/config.ts';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { capture } from '../../infra/cluster/command.ts';
import { isReady } from '../../infra/cluster/install.ts';
import { needTool } from '../outside-tool.ts';

const ADDRESS = `127.0.0.1:${HOST_PORTS.grpc}`;

describe('the gRPC port', () => {
  it('answers grpcurl, which knows the API by reflection alone', async function () {
    needTool(this, 'grpcurl', 'go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3');
    const output = await capture('grpcurl', ['-plaintext', ADDRESS, `${TimeService.typeName}/GetTime`]);
    const { reading } = JSON.parse(output) as { reading: { instant: string } };
    assert.ok(Math.abs(Date.parse(reading.instant) - Date.now()) < 10_000, reading.instant);
  });

  it('is healthy to grpc-health-probe', async function () {
    needTool(this, 'grpc-health-probe', 'go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.61');
    await capture('grpc-health-probe', ['-addr', ADDRESS, '-service', TimeService.typeName]);
  });

  it('is ready to the kubelet’s gRPC probe, which finds no service of another name ready', async () => {
    const pods = [probedPod('probed', TimeService.typeName), probedPod('probed-wrongly', 'time.v1.NoService')];
    await change('apply', ...pods);
    const read = (name: string) => target.get<V1Pod>('pod', name, '--namespace', CALLERS);
    await waitFor('the pod that serves to be ready', 60, async () => isReady(await read('probed')));
    const events = ['get', 'events', '--namespace', CALLERS, '--field-selector', 'involvedObject.name=probed-wrongly'];
    await waitFor('the other probe to have failed', 30, async () =>
      (await kubectl(...events)).includes('Readiness probe failed'),
    );
    assert.ok(!isReady(await read('probed-wrongly')));
    await change('delete', ...pods);
  });
});

/** The service itself as a pod of its own that the kubelet asks over gRPC. */
function probedPod(name: string, service: string) {
  const pod = caller(name, CALLERS, []);
  pod.spec.containers[0]!.readinessProbe = { grpc: { port: DEFAULT_PORTS.grpc, service }, periodSeconds: 1 };
  return pod;
}
