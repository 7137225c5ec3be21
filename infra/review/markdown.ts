/**
 * A report for a pull request: the summary, every danger, and then each object folded. GitHub takes 65,536 characters for
 * a comment; what does not fit is counted instead.
 */
import { summarize, title } from './text.ts';
import type { JudgedFinding, ObjectReport, Report } from './report.ts';
import { count } from './rule.ts';

const MOST_CHARACTERS = 60_000;

export function renderMarkdown(report: Report): string {
  const dangers = report.flatMap((object) =>
    object.findings
      .filter(({ level }) => level === 'danger')
      .map((finding) => `- **${escapeText(title(object))}**: ${renderFinding(finding)}`),
  );
  const head = [`### Manifests: ${lowerFirst(summarize(report))}`, ...(dangers.length > 0 ? [dangers.join('\n')] : [])];
  const details = report.map(renderDetails);
  const kept: string[] = [];
  // What is left includes the line that counts the rest.
  let left = MOST_CHARACTERS - head.join('\n\n').length - 100;
  for (const part of details) {
    left -= part.length + 2;
    if (left < 0) break;
    kept.push(part);
  }
  const rest = details.length - kept.length;
  const omitted = rest === 0 ? [] : [`${count(rest, 'object')} more: \`make diff\` shows all.`];
  return [...head, ...kept, ...omitted].join('\n\n').slice(0, MOST_CHARACTERS);
}

function renderDetails(object: ObjectReport): string {
  const { findings, fields, state } = object;
  const effects = findings.filter(({ level }) => level === 'effect').map((finding) => `- ${renderFinding(finding)}`);
  // A fence that no value can close.
  const fence = '`'.repeat(
    Math.max(3, ...fields.flatMap((field) => field.match(/`+/g) ?? []).map((run) => run.length + 1)),
  );
  return [
    `<details><summary>${state}: ${escapeHtml(title(object))}</summary>`,
    ...(effects.length > 0 ? [effects.join('\n')] : []),
    ...(fields.length > 0 ? [[fence, ...fields.map((field) => field.replaceAll('\n', '\\n')), fence].join('\n')] : []),
    '</details>',
  ].join('\n\n');
}

function renderFinding({ text, rule, reference }: JudgedFinding): string {
  return `${escapeText(text)} ([${rule}](${reference}))`;
}

/** Escapes what Markdown would take for its own, but for code between backticks. */
function escapeText(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[\\*_[\]<>~|#@]/g, (sign) => `\\${sign}`)))
    .join('`');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
