/** The list of built-in models: exact costs, and accuracies from the report. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltIn } from '../src/models/built-in';
import { type ModelConfig, parseConfig } from '../src/models/config';
import { answerPosition } from '../src/models/encode';
import { costOf, type PlanCost } from '../src/mpc/cost';
import { DEFAULT_SETTINGS } from '../src/session/defaults';
import { planPass } from '../src/session/run';
import { aloneNames } from '../src/tuning/alone';
import type { Method } from './evaluate/experiment';
import type { Report } from './evaluate/report';
import { METHOD_TITLES } from './evaluate/sections';

const FOLDER = 'public/models';
export const LIST = join(FOLDER, 'index.json');

const DESCRIPTIONS: Record<string, string> = {
  tiny: 'Quick on any network. Tells praise from blame; for topics take an encoder of sentences, below.',
  small: 'Twice as deep and wide, for fast networks. For praise and blame as well, not for topics.',
};
/** Rows of the report that the list repeats. */
const TASKS: Record<string, string> = {
  sst2: 'film reviews (SST-2)',
  amazon: 'shop reviews (Amazon)',
  feedback: 'the sample',
  ag: 'kinds of news (AG News)',
};
const SHOTS = 16;

export const builtInNames = Object.keys(DESCRIPTIONS);

export const configOf = (id: string): ModelConfig => parseConfig(readFileSync(join(FOLDER, id, 'config.json'), 'utf8'));

/** Of a generation's pass, each candidate's prompt before each text, with two label words. */
export function generationCost(config: ModelConfig, tokens: number): PlanCost {
  const { promptTokens: slots, population: candidates, batch: texts } = DEFAULT_SETTINGS;
  return costOf(planPass(config, { slots, tokens, answer: answerPosition(slots), columns: 2 }, { candidates, texts }));
}

export function listBuiltIns(report: Report): BuiltIn[] {
  const { tokens, population, batch } = DEFAULT_SETTINGS;
  return builtInNames.map((id) => {
    const config = configOf(id);
    const { rounds, toModelOwner, toDataOwner, dealt } = generationCost(config, tokens);
    return {
      ...{ id, description: DESCRIPTIONS[id]!, layers: config.num_hidden_layers, hidden: config.hidden_size },
      bytes: statSync(join(FOLDER, id, 'model.safetensors')).size,
      generation: { sequences: population * batch, tokens, rounds, online: toModelOwner + toDataOwner, dealt },
      accuracy: accuracyOf(id, report),
    };
  });
}

/** Of tasks where it was measured. */
function accuracyOf(id: string, { sections }: Report): BuiltIn['accuracy'] {
  return Object.entries(TASKS).flatMap(([task, title]) => {
    const labels = [id, task, String(SHOTS)].join();
    const row = sections.methods?.rows.find((other) => other.labels.join() === labels);
    const mean = (method: Method): number[] => {
      const outcomes = row?.cells[METHOD_TITLES[method]];
      if (!outcomes) return [];
      return [Number((outcomes.reduce((sum, { tuned }) => sum + tuned, 0) / outcomes.length).toFixed(4))];
    };
    const [head] = mean('head');
    const alone = Math.max(...aloneNames.flatMap(mean));
    return head === undefined || alone < 0 ? [] : [{ task: title, shots: SHOTS, head, alone }];
  });
}
