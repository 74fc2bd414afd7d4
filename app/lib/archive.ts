/** A finished run as one file, with a README that says what is in it and what of it is private. */
import { strToU8, type Zippable, zipSync } from 'fflate';
import Papa from 'papaparse';
import type { WrongExample } from '../../src/session/messages';
import type { Pass } from '../stores/traffic';
import type { FinishedRun } from '../stores/training';
import { ALONE_NAMES } from './alone-names';
import { counted, formatPercent } from './format';
import { historyCsv, historyJson, recordOf } from './history';
import { meaningOf } from './meaning';

export interface ArchivedRun {
  run: FinishedRun;
  passes: readonly Pass[];
  /** The model's name. */
  model: string;
}

/** Tensors hardly get smaller, and packing them would keep a page from answering. */
const STORED = { level: 0 } as const;

export function archiveOf({ run, passes, model }: ArchivedRun): Uint8Array<ArrayBuffer> {
  const { result } = run;
  const files: Zippable = {
    'README.md': strToU8(readmeOf({ run, passes, model })),
    [result.file.name]: [result.file.bytes, STORED],
    ...(result.answers && { 'answers.safetensors': [result.answers, STORED] as const }),
    'history.json': strToU8(historyJson(recordOf(run, passes))),
    ...(result.method !== 'head' && { 'history.csv': strToU8(historyCsv(result.history)) }),
    ...(result.wrong.length > 0 && { 'wrong.csv': strToU8(wrongCsv(result.wrong)) }),
  };
  return zipSync(files);
}

export function wrongCsv(wrong: readonly WrongExample[]): string {
  const rows = wrong.map(({ file, row, label, predicted, text }) => [file, row, label, predicted, text]);
  return `${Papa.unparse({ fields: ['file', 'row', 'label', 'taken for', 'text'], data: rows })}\r\n`;
}

function readmeOf({ run: { result, settings }, passes, model }: ArchivedRun): string {
  const { file, answers, final, alone, verdict, wrong, method } = result;
  const line = (name: string, { accuracy, interval }: typeof final) =>
    `| ${name} | ${formatPercent(accuracy)} | ${formatPercent(interval[0])} – ${formatPercent(interval[1])} |`;
  const isSearch = method !== 'head';
  return `# A ${method}, tuned with the model ${model}

${meaningOf(result)}
${verdict ? `\n${verdict.text}\n` : ''}
| on ${counted(final.examples, 'example')} | accuracy | ${formatPercent(0.95, 0)} interval |
|---|--:|--:|
${[line(`with the model and this ${method}`, final), ...alone.map((each) => line(ALONE_NAMES[each.name], each))].join('\n')}

Macro F1 ${formatPercent(final.scores.macroF1)}; ${counted(passes.length, 'pass', 'passes')} in the session.

## Files

- \`${file.name}\`: what was tuned. Load it on the data owner's page under “An earlier result”, or label a file with
  \`npm run classify -- --prompt ${file.name} --model FOLDER --data new.csv --text COLUMN\`. It works with this model only.
${answers ? '- `answers.safetensors`: what the model opened of your examples, to learn other things from. PRIVATE.\n' : ''}- \`history.json\`: settings and all figures.${isSearch ? '\n- `history.csv`: a row a generation.' : ''}
${wrong.length > 0 ? '- `wrong.csv`: the examples that were labelled wrong, with their texts. PRIVATE: they are your data.\n' : ''}
What is marked private says something of single texts. So may what was tuned: it was learned from all of them.

## Settings

\`\`\`json
${JSON.stringify(settings ?? {}, null, 2)}
\`\`\`
`;
}
