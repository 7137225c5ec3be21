/** What the log says of this node's clock and of its peers'. */
import type { Logger } from 'pino';

import type { HonestClock } from '../clock/honest-clock.ts';
import type { PeerReport } from '../clock/peer-report.ts';

/** Steps and contradictions are what an operator is to hear of; that a state is as it was expected is not. */
export function logClockChanges(clock: HonestClock, logger: Logger): Disposable {
  return clock.subscribe((change) => {
    if (change.kind === 'step')
      logger.warn({ seconds: Number(change.step.sizeNs) / 1e9 }, 'the wall clock was stepped');
    else if (change.kind === 'state')
      logger.info({ from: change.from, to: change.to }, 'the state of the clock changed');
    else logger.info({ source: change.source, from: change.from, to: change.to }, 'a source of time changed');
  });
}

/** A peer that is heard, or no longer, is what happens in every rollout; that clocks are apart is not. */
export function logPeer({ node, verdict, offset }: PeerReport, logger: Logger): void {
  const isApart = verdict === 'ahead' || verdict === 'behind';
  const seconds = offset && Number(offset.offsetNs) / 1e9;
  const uncertaintySeconds = offset && Number(offset.uncertaintyNs) / 1e9;
  logger[isApart ? 'warn' : 'info']({ node, verdict, seconds, uncertaintySeconds }, 'the clock of a peer');
}
