/**
 * The exact costs of a generation, for docs/costs.md: bytes and rounds are counts, the same on every machine.
 *
 *   npm run bench              rewrites docs/costs.md
 *   npm run bench:kernels      times the kernels on this machine
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DEFAULT_SETTINGS } from '../src/session/defaults';
import { builtInNames, configOf, LIST, listBuiltIns, passCost } from './built-ins';
import { formatBytes, formatCount, main } from './command-line';

function table(head: string[], rows: string[][]): string {
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

main(
  `Count what the built-in models cost; write docs/costs.md and ${LIST}, the latter with the accuracies of docs/accuracy.json.`,
  () => {
    const { tokens, population, batch } = DEFAULT_SETTINGS;
    const sections: string[] = [];
    for (const name of builtInNames) {
      const config = configOf(name);
      const lengths = [16, 24, 32, 48].map((length) => {
        const { rounds, toModelOwner, toDataOwner, dealt } = passCost(config, population * batch, length);
        return [
          String(length),
          String(rounds),
          formatBytes(toModelOwner),
          formatBytes(toDataOwner),
          formatBytes(dealt),
        ];
      });
      const whole = passCost(config, population * batch, tokens);
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
      'Written by `npm run bench`. These are exact counts of payload (a frame adds 20 bytes a message), the same on every machine;\n' +
        'a test holds them equal to what a run counts.',
      ...sections,
    ].join('\n\n');
    writeFileSync('docs/costs.md', `${text}\n`);
    const list = listBuiltIns(JSON.parse(readFileSync('docs/accuracy.json', 'utf8')));
    writeFileSync(LIST, `${JSON.stringify(list, null, 2)}\n`);
    console.log(text);
  },
);
