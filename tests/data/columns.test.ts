import { describe, expect, test } from 'vitest';
import { guessColumns, rivalLabels } from '../../src/data/columns';
import { COLUMNS, tableOf } from './files';

const guess = async (csv: string) => guessColumns(await tableOf(csv));

describe('columns are guessed', () => {
  test('by name', async () => {
    expect(await guess('id,Label,Review\n1,a,b\n2,c,d')).toEqual({ text: 'Review', label: 'Label' });
  });

  test('by content: the longest is the text, one whose cells come again the label', async () => {
    const csv = 'id,what,said\n1,good,they were kind\n2,bad,nobody came\n3,good,fine stay here\n4,bad,it was cold';
    expect(await guess(csv)).toEqual({ text: 'said', label: 'what' });
  });

  test('by the parts of names, with what is in the columns', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => {
      const sentiment = ['positive', 'neutral', 'negative'][i % 3];
      const airline = ['United', 'Delta'][i % 2];
      return `57${i},${sentiment},0.${i + 30},,${airline},user${i},0,my flight number ${i} was late again`;
    });
    const header =
      'tweet_id,airline_sentiment,airline_sentiment_confidence,negativereason,airline,name,retweet_count,text';
    expect(await guess([header, ...rows].join('\n'))).toEqual({ text: 'text', label: 'airline_sentiment' });
    expect(
      await guess('label_text,label,sentence_body\nyes,1,I liked it a lot\nno,0,the food was cold\nyes,1,lovely'),
    ).toEqual({
      text: 'sentence_body',
      label: 'label',
    });
    expect(
      await guess(
        'complaintText,isUrgent,date\nthe bill is wrong,yes,1 May\nthe bed is cold,no,2 May\nno heat here,no,3 May',
      ),
    ).toEqual({
      text: 'complaintText',
      label: 'isUrgent',
    });
  });

  test('a column that is the same everywhere is no label', async () => {
    expect(await guess('a,b,c\nlonger text,x,1\nlongest text,x,2')).toEqual({ text: 'a', label: 'c' });
  });

  test('of large files too, whether labels are sorted or alternate', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `note ${i} of the ward,${i < 10_000},${i % 2},x`);
    const table = await tableOf(['said,sorted,alternates,same', ...rows].join('\n'));
    expect(guessColumns(table)).toEqual({ text: 'said', label: 'sorted' });
    const { columns, rows: cells, rowNumbers } = table;
    const without = { columns: columns.toSpliced(1, 1), rows: cells.map((row) => row.toSpliced(1, 1)), rowNumbers };
    expect(guessColumns(without)).toEqual({ text: 'said', label: 'alternates' });
  });

  test('one column is a text, and nothing the label', async () => {
    expect(await guess('said\nthey were kind\nnobody came')).toEqual({ text: 'said' });
  });
});

test('other columns that could be the label are named', async () => {
  const table = await tableOf('text,toxic,insult,stars\na b c,1,0,5\nd e f,0,0,3\ng h i,1,1,1');
  expect(rivalLabels(table, { text: 'text', label: 'toxic' })).toEqual(['insult']);
  expect(rivalLabels(table, { text: 'text', label: 'stars' })).toEqual([]);
  expect(rivalLabels(await tableOf('text,label\na,x\nb,y'), COLUMNS)).toEqual([]);
});
