import assert from 'node:assert/strict';

import { Hysteresis, isOutvoted, leastSkewNs } from '../../app/peers/majority.ts';

const TOLERANCE_NS = 100n;

const offsets = (values: readonly number[], uncertainty: number) =>
  values.map((value) => ({ offsetNs: BigInt(value), uncertaintyNs: BigInt(uncertainty), delayNs: 0n }));

describe('the majority', () => {
  it('knows a skew by its least size, on both sides', () => {
    const cases = [
      { offset: 250, uncertainty: 10, least: 240n },
      { offset: -250, uncertainty: 10, least: 240n },
      { offset: 5, uncertainty: 10, least: -5n },
    ];
    for (const { offset, uncertainty, least } of cases) {
      assert.equal(leastSkewNs(offsets([offset], uncertainty)[0]!), least);
    }
  });

  const cases: { what: string; heard: number[]; peers: number; uncertainty?: number; outvoted: boolean }[] = [
    { what: 'both others agree on another time', heard: [250, 251], peers: 2, outvoted: true },
    { what: 'both others agree on an earlier time', heard: [-250, -251], peers: 2, outvoted: true },
    { what: 'the only other disagrees: two nodes have no majority', heard: [250], peers: 1, outvoted: false },
    { what: 'one of two disagrees', heard: [250, 0], peers: 2, outvoted: false },
    { what: 'two of three disagree, so that it is two against two', heard: [250, 250, 0], peers: 3, outvoted: false },
    { what: 'three of three agree on another time', heard: [250, 250, 250], peers: 3, outvoted: true },
    { what: 'those that disagree disagree with each other', heard: [-900, 900], peers: 2, outvoted: false },
    { what: 'clocks are wild', heard: [-900, -500, 500, 900], peers: 4, outvoted: false },
    {
      what: 'three of four agree, and the fourth is elsewhere',
      heard: [250, 260, 270, -900],
      peers: 4,
      outvoted: true,
    },
    { what: 'silent peers leave those that speak in the minority', heard: [250, 250], peers: 4, outvoted: false },
    {
      what: 'the uncertainty hides whether they disagree',
      heard: [250, 250],
      peers: 2,
      uncertainty: 150,
      outvoted: false,
    },
    {
      what: 'a skew is no larger than what is tolerated',
      heard: [110, 110],
      peers: 2,
      uncertainty: 10,
      outvoted: false,
    },
    { what: 'a skew is just larger', heard: [111, 111], peers: 2, uncertainty: 10, outvoted: true },
    { what: 'there are no peers', heard: [], peers: 0, outvoted: false },
  ];
  for (const { what, heard, peers, uncertainty = 1, outvoted } of cases) {
    it(`${outvoted ? 'is against' : 'is not against'} a node where ${what}`, () => {
      assert.equal(isOutvoted(offsets(heard, uncertainty), peers, TOLERANCE_NS), outvoted);
    });
  }

  it('never votes out all: whatever the clocks of a cluster say, some node stays', () => {
    const times = [0, 40, 90, 130, 200, 300, 310];
    for (let code = 0; code < times.length ** 4; code++) {
      const clocks = Array.from({ length: 4 }, (_, at) => times[Math.floor(code / times.length ** at) % times.length]!);
      const out = clocks.filter((own, at) => {
        const heard = clocks.filter((_, other) => other !== at).map((clock) => clock - own);
        return isOutvoted(offsets(heard, 0), heard.length, TOLERANCE_NS);
      });
      assert.ok(out.length < 2, `of ${clocks.join()} out: ${out.join()}`);
    }
  });
});

describe('the hysteresis', () => {
  it('turns on after ten seconds without a break, and off after thirty', () => {
    const hysteresis = new Hysteresis();
    const seen: string[] = [];
    const feed = (isOn: boolean, fromS: number, toS: number) => {
      for (let second = fromS; second < toS; second++) {
        const before = hysteresis.isOn;
        hysteresis.update(isOn, BigInt(second) * 1_000_000_000n);
        if (hysteresis.isOn !== before) seen.push(`${hysteresis.isOn ? 'on' : 'off'} at ${second}`);
      }
    };
    feed(true, 0, 9);
    feed(false, 9, 10);
    feed(true, 10, 100);
    feed(false, 100, 129);
    feed(true, 129, 130);
    feed(false, 130, 200);
    assert.deepEqual(seen, ['on at 20', 'off at 160']);
  });
});
