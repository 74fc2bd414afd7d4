import { expect, it } from 'vitest';
import { textsOf } from '../../src/data/texts';
import { tableOf } from './files';

it('the texts of a column, line breaks and all', async () => {
  const found = await tableOf('id,said\n1," kind,\nand quick "\n2,"rude, so rude"\n');
  expect(textsOf(found, 'said').texts).toEqual(['kind,\nand quick', 'rude, so rude']);
  expect(textsOf(found, 'id').texts).toEqual(['1', '2']);
});

it('a row without a text is left out and named, a column that is not there refused', async () => {
  const gap = await tableOf('id,said\n1,kind\n\n2,\n3,rude\n');
  expect(textsOf(gap, 'said')).toEqual({ texts: ['kind', 'rude'], skipped: [{ row: 4, why: 'it has no text' }] });
  expect(() => textsOf(gap, 'text')).toThrow(/no column “text”/);
});
