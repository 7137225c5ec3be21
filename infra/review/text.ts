/** A report for a terminal: an object a paragraph, dangers marked. */
import { countDangers, type ObjectReport, type Report } from './report.ts';
import { count } from './rule.ts';

const SIGNS = { new: '+', gone: '-', changed: '~', same: '=' } as const;

export function renderText(report: Report): string {
  return [summarize(report), ...report.map(renderObject)].join('\n\n');
}

/** "3 objects change, 1 danger". */
export function summarize(report: Report): string {
  const changed = report.filter(({ state }) => state !== 'same').length;
  if (changed === 0) return 'Nothing changes.';
  const dangers = countDangers(report);
  const verb = changed === 1 ? 'changes' : 'change';
  return `${count(changed, 'object')} ${verb}, ${dangers === 0 ? 'no danger' : count(dangers, 'danger')}.`;
}

export function title({ kind, namespace, name, installs }: ObjectReport): string {
  const where = installs.filter((install) => install !== '');
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}${where.length > 0 ? ` (${where.join(', ')})` : ''}`;
}

function renderObject(object: ObjectReport): string {
  return [
    `${SIGNS[object.state]} ${title(object)}`,
    ...object.findings.map(({ level, text }) => `  ${level === 'danger' ? 'DANGER' : '→'} ${text}`),
    ...object.fields.map((field) => `    ${field}`),
  ].join('\n');
}
