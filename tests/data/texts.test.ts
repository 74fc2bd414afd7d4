import { expect, it } from 'vitest';
import { DataError, parseTable } from '../../src/data/table';
import { guessTextColumn, textsOf } from '../../src/data/texts';

const table = (text: string) => parseTable(text, 'new.csv');

it('the texts of a column, line breaks and all', () => {
  const found = table('id,said\n1," kind,\nand quick "\n2,"rude, so rude"\n');
  expect(textsOf(found, 'said')).toEqual(['kind,\nand quick', 'rude, so rude']);
  expect(textsOf(found, 'id')).toEqual(['1', '2']);
});

it('a column is guessed by its name, or taken where it is the only one', () => {
  expect(guessTextColumn(table('said\nkind\n'))).toBe('said');
  expect(guessTextColumn(table('id,review\n1,kind\n2,rude\n'))).toBe('review');
});

it('a column that is not there, or a row without a text, is named', () => {
  expect(() => textsOf(table('id,said\n1,kind\n'), 'text')).toThrow(/no column “text”/);
  const gap = table('id,said\n1,kind\n\n2,\n');
  expect(() => textsOf(gap, 'said')).toThrow(DataError);
  expect(() => textsOf(gap, 'said')).toThrow('Row 4 has no text');
});
