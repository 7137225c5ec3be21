import assert from 'node:assert/strict';

import { parseConfig } from '../../../app/config.ts';
import { RULES } from '../../../infra/review/rules.ts';
import { judge } from './cases.ts';
import { containerOf, makeInstall } from './install.ts';
import { TABLES } from './tables.ts';

describe('the rules of the review', () => {
  it('each have cases where they speak and cases where they are silent or mild', () => {
    assert.deepEqual(new Set(TABLES.map(({ rule }) => rule)), new Set(RULES));
    for (const { rule, cases } of TABLES) {
      assert.ok(new Set(cases.map(({ says }) => says.join())).size > 1, rule.name);
    }
  });

  it('are tried with an install whose pods would start', () => {
    const { env } = containerOf(makeInstall());
    parseConfig(Object.fromEntries(env!.map(({ name, value }) => [name, value])));
  });

  it('say nothing where nothing changes', () => {
    for (const rule of RULES) assert.deepEqual(judge(rule, { it: '', change: () => {}, says: [] }), []);
  });
});

for (const { rule, cases } of TABLES) {
  describe(`the rule ${rule.name}`, () => {
    for (const one of cases) {
      it(one.it, () => {
        assert.deepEqual(judge(rule, one), one.says);
      });
    }
  });
}
