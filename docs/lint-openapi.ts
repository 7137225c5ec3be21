/** Lints the API's description with Redocly's recommended rules: `node docs/lint-openapi.ts` ends with 1 where one is broken. */
import { createConfig, formatProblems, getTotals, lintFromString } from '@redocly/openapi-core';

import { ROUTES } from './routes.ts';
import { describeApi } from '../app/http/openapi.ts';

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: { 'operation-tag-defined': 'error', 'tag-description': 'error' },
});
const source = JSON.stringify(describeApi(ROUTES));
const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
const totals = getTotals(problems);
formatProblems(problems, { format: 'codeframe', totals, version: '' });
if (totals.errors + totals.warnings > 0) process.exitCode = 1;
