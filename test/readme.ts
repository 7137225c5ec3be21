/** The README as the tests of its commands read it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FENCED = /^```(\w*)\n(.*?)^```$/gms;
const PROGRAM = /^(make|curl|grpcurl|docker|kubectl|node|npm|npx|git)( |$)/;

/** A command as a reader would type it, and what the README says that it prints. */
export interface ReadmeCommand {
  readonly text: string;
  readonly output: string;
}

const markdown = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The commands in blocks and in the text, each once. */
export function readCommands(): ReadmeCommand[] {
  const blocks = Array.from(markdown.matchAll(FENCED), ([, language = '', block = '']) => ({ language, block }));
  const fenced = blocks.filter(({ language }) => language === '').flatMap(({ block }) => readBlock(block));
  const spans = markdown.replaceAll(FENCED, '').matchAll(/`([^`]+)`/g);
  const inline = Array.from(spans, ([, span = '']) => ({
    text: span.replaceAll(/\s+/g, ' ').replaceAll('=…', '='),
    output: '',
  }));
  const commands = [...fenced, ...inline].filter(({ text }) => PROGRAM.test(text));
  return commands.filter(({ text }, index) => commands.findIndex((other) => other.text === text) === index);
}

function readBlock(block: string): ReadmeCommand[] {
  const text = block.replaceAll(/\\\n\s*/g, '');
  if (text.startsWith('$ ')) {
    const [command = '', ...output] = text.slice(2).split('\n');
    return [{ text: command, output: output.join('\n') }];
  }
  return text.split('\n').flatMap((line) => {
    const [command = '', comment = ''] = line.split(/\s{2,}# /);
    const others = /^also: (.*)$/.exec(comment)?.[1]?.split(', ') ?? [];
    return [command, ...others.map((goal) => `make ${goal}`)].map((one) => ({ text: one.trim(), output: '' }));
  });
}
