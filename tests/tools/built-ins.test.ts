// What is said of the built-in models, beside their files and in the list that pages read, is what they are.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInsSchema } from '../../src/models/built-in';
import { builtInNames, LIST, listBuiltIns } from '../../tools/built-ins';

const LIMITS: Record<string, number> = { tiny: 3e6, small: 8e6 };
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

it('the list of built-in models has the costs and accuracies that are counted and measured', () => {
  const list = builtInsSchema.parse(json(LIST));
  expect(list).toEqual(listBuiltIns(json('docs/accuracy.json')));
  for (const { accuracy } of list) expect(accuracy).toHaveLength(4);
});

describe.each(builtInNames)('the built-in model %s', (name) => {
  it('is small enough to load and comes with its card', () => {
    expect(statSync(`public/models/${name}/model.safetensors`).size).toBeLessThan(LIMITS[name]!);
    expect(existsSync(`public/models/${name}/README.md`)).toBe(true);
  });
});
