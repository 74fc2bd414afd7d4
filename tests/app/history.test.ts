/** A run's history as the files that people open elsewhere. */
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { historyCsv, historyJson, recordOf } from '../../app/lib/history';
import { BASELINE, FINAL, HEAD_RESULT, PASS, RESULT, record } from './fixtures';

const read = (csv: string) => Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true }).data;

describe('the spreadsheet', () => {
  it('has a row a generation with its exact numbers', () => {
    const records = [record(1), record(5)];
    const rows = read(historyCsv(records));
    expect(rows).toHaveLength(2);
    for (const [i, row] of rows.entries()) {
      const { generation, loss, bytes, byOperation, secondsBy } = records[i]!;
      expect(Number(row.generation)).toBe(generation);
      expect(Number(row.loss)).toBe(loss);
      expect(Number(row.bytesToModelOwner)).toBe(bytes.toModelOwner);
      expect(Number(row['lift:dealt bytes'])).toBe(byOperation.lift!.dealt);
      expect(Number(row['open:online bytes'])).toBe(byOperation.open!.toModelOwner + byOperation.open!.toDataOwner);
      expect(Number(row['compute:seconds'])).toBe(secondsBy.compute);
    }
    // Not evaluated: empty, not zero.
    expect(rows[0]!.accuracy).toBe('');
    expect(Number(rows[1]!.accuracy)).toBe(records[1]!.accuracy);
  });

  it('has a column for an operation that only some generations have, and quotes what needs it', () => {
    const other = record(2);
    other.byOperation = { 'odd, "kind"': { rounds: 1, toModelOwner: 2, toDataOwner: 3, dealt: 4 } };
    const csv = historyCsv([record(1), other]);
    expect(csv).toContain('"odd, ""kind"":rounds"');
    const [first, second] = read(csv);
    expect(first!['odd, "kind":online bytes']).toBe('0');
    expect(second!['odd, "kind":online bytes']).toBe('5');
    expect(second!['lift:rounds']).toBe('0');
    expect(csv.endsWith('\r\n')).toBe(true);
  });

  it('has a head even without a generation', () => {
    expect(historyCsv([])).toMatch(/^generation,loss,.*\r\n$/);
  });
});

it('the JSON is the run itself', () => {
  const run = { baseline: BASELINE, final: FINAL, bestGeneration: 5, history: [record(5)] };
  expect(JSON.parse(historyJson(run))).toEqual(JSON.parse(JSON.stringify(run)));
});

it('of a finished run there are its figures, and no file', () => {
  const head = recordOf({ result: HEAD_RESULT }, [PASS]);
  expect(head).toMatchObject({ method: 'head', final: HEAD_RESULT.final, trained: 436, passes: [PASS] });
  const prompt = recordOf({ result: RESULT }, [PASS]);
  expect(prompt).toMatchObject({ method: 'prompt', baseline: BASELINE, alone: RESULT.alone });
  // A prompt's generations have the passes' figures already.
  expect(prompt.passes).toBeUndefined();
  for (const run of [head, prompt]) expect(Object.keys(run).filter((key) => /file|answers/.test(key))).toEqual([]);
});
