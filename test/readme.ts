/** The README as the tests of its commands read it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const FENCED = /^```(\w*)\n(.*?)^```$/gms;
const PROGRAM = /^(make|curl|grpcurl|docker|kubectl|node|npm|npx|git)( |$)/;

/** A command as a reader would type it, and what the README says that it prints. */
export interface ReadmeCommand {
  readonly text: string;
  readonly output: string;
}

const run = promisify(execFile);
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

/** The README's one program in a language, as its block is marked. */
export function readProgram(language: string): string {
  const programs = Array.from(markdown.matchAll(FENCED)).filter(([, marked]) => marked === language);
  if (programs.length !== 1) throw new Error(`Expected one program in ${language}, got ${programs.length}`);
  return programs[0]![2]!;
}

/**
 * Types the README's command that begins so.
 *
 * @param values what stands where the README leaves it open, `REGISTRY=`
 * @returns what it prints
 */
export async function typeCommand(start: string, values: Readonly<Record<string, string>> = {}): Promise<string> {
  const command = readCommands().find(({ text }) => text.startsWith(start));
  if (!command) throw new Error(`Expected the README to have a command ${start}`);
  const typed = command.text.replaceAll(/(\w+)=(?=\s|$)/g, (_, name: string) => `${name}=${values[name] ?? ''}`);
  return (await run('sh', ['-c', typed], { env: shellEnvironment() })).stdout.trim();
}

/** A command that goes on until Ctrl-C. */
export interface RunningCommand {
  /** Resolves with the first line that it prints of this form. */
  printed(form: RegExp): Promise<string>;
  /** Resolves once it has ended. */
  interrupt(): Promise<void>;
}

export function startCommand(
  command: string,
  { folder = ROOT, variables = {} }: { folder?: string; variables?: Readonly<Record<string, string>> } = {},
): RunningCommand {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    env: { ...shellEnvironment(), ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A terminal sends the signal to the whole group.
    detached: true,
  });
  const ended = once(child, 'close');
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    async printed(form) {
      for (;;) {
        const line = lines.find((one) => form.test(one));
        if (line !== undefined) return line;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${command} ended and printed nothing like ${form}`);
        await Promise.race([once(reader, 'line'), ended]);
      }
    },
    async interrupt() {
      process.kill(-child.pid!, 'SIGINT');
      await ended;
    },
  };
}

/** Without what tells make that another make has started it. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const { MAKEFLAGS: _, MAKELEVEL: __, ...others } = process.env;
  return others;
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
