/** The life of the suite's cluster: made before the first test, explained after one that failed, gone after the last. */
import { mkdirSync, rmSync } from 'node:fs';

import {
  CLUSTER_NAME,
  CONTROL_PLANE,
  explain,
  HOST_PORTS,
  makeOrThrow,
  say,
  WORK_FOLDER,
  waitForPods,
} from './cluster.ts';
import { NODE_IMAGE, openCallers } from './callers.ts';
import { buildImage } from '../../infra/cluster/image.ts';
import { makeCluster } from '../../infra/cluster/kind.ts';
import { show } from '../../infra/cluster/command.ts';
import { needTool } from '../outside-tool.ts';

async function removeAll(): Promise<void> {
  await show('kind', ['delete', 'cluster', '--name', CLUSTER_NAME]);
  rmSync(WORK_FOLDER, { recursive: true, force: true });
}

export const mochaHooks = {
  async beforeAll(this: Mocha.Context) {
    needTool(this, 'docker', 'install Docker');
    needTool(this, 'kind', 'install kind');
    needTool(this, 'kubectl', 'install kubectl');
    // A run that was interrupted may have left its cluster and its files.
    await removeAll();
    mkdirSync(WORK_FOLDER, { recursive: true });
    await makeCluster(CLUSTER_NAME, HOST_PORTS);
    say('the cluster is there');
    await buildImage();
    await show('kind', ['load', 'docker-image', NODE_IMAGE, '--name', CLUSTER_NAME, '--nodes', CONTROL_PLANE]);
    await makeOrThrow('deploy');
    await waitForPods();
    await openCallers();
  },

  async afterEach(this: Mocha.Context) {
    if (this.currentTest?.state === 'failed') console.log(await explain());
  },

  afterAll: removeAll,
};
