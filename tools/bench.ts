/**
 * The exact costs of a generation, for docs/costs.md: bytes and rounds are counts, the same on every machine.
 *
 *   npm run bench              rewrites docs/costs.md
 *   npm run bench:kernels      times the kernels on this machine
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { answerPosition } from '../src/data/encode';
import { calibrationOf } from '../src/models/calibration';
import { encoder } from '../src/models/encoder';
import { costOf, type PlanCost } from '../src/program/cost';
import { planNetwork } from '../src/program/planner';
import { parseConfig } from '../src/session/control';
import { DEFAULT_SETTINGS } from '../src/session/defaults';
import { formatBytes, formatCount, main } from './command-line';

function table(head: string[], rows: string[][]): string {
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

main('Count what the built-in models cost and write docs/costs.md.', () => {
  const { tokens, population, batch, promptTokens } = DEFAULT_SETTINGS;
  const cost = (config: ReturnType<typeof parseConfig>, sequences: number, length: number): PlanCost => {
    const shape = { sequences, tokens: length, answer: answerPosition(promptTokens), words: 2 };
    return costOf(planNetwork(encoder(config, shape), calibrationOf(config)));
  };
  const sections: string[] = [];
  for (const name of ['tiny', 'small']) {
    const path = `public/models/${name}/config.json`;
    if (!existsSync(path)) continue;
    const config = parseConfig(readFileSync(path, 'utf8'));
    const lengths = [16, 24, 32, 48].map((length) => {
      const { rounds, toModelOwner, toDataOwner, dealt } = cost(config, population * batch, length);
      return [String(length), String(rounds), formatBytes(toModelOwner), formatBytes(toDataOwner), formatBytes(dealt)];
    });
    const whole = cost(config, population * batch, tokens);
    const operations = [...Object.entries(whole.byOperation), ['together', whole] as const].map(([operation, c]) => [
      operation,
      c.rounds ? String(c.rounds) : '',
      formatBytes(c.toModelOwner),
      formatBytes(c.toDataOwner),
      formatBytes(c.dealt),
      formatCount(c.operations),
    ]);
    sections.push(
      `## ${name}\n\nA generation: ${population} candidates × ${batch} examples = ${population * batch} sequences, by padded length.`,
      table(['tokens', 'rounds', 'to the model owner', 'to the data owner', 'dealt'], lengths),
      `By operation, at ${tokens} tokens (rounds are shared, so they do not add up):`,
      table(['operation', 'rounds', 'to the model owner', 'to the data owner', 'dealt', 'ring products'], operations),
      `Once a run, the masked matrices: ${formatBytes(whole.setup.toDataOwner)} to the data owner.`,
    );
  }
  const text = [
    '# What a generation costs',
    'Written by `npm run bench`. These are exact counts of payload (a frame adds 16 bytes a message), the same on every machine;\n' +
      'a test holds them equal to what a run counts.',
    ...sections,
  ].join('\n\n');
  writeFileSync('docs/costs.md', `${text}\n`);
  console.log(text);
});
