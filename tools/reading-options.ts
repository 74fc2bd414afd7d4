/** How a file of texts is to be read, where what the page assumes of it is wrong: options that press the page's own controls. */
import type { Page } from 'playwright-core';
import { checkWishes, DELIMITERS, type Delimiter, ENCODINGS, type Quote, type Wishes } from '../src/data/read-as';
import { until } from './page';

const QUOTE_NAMES = { double: '"', single: "'", none: '' } as const satisfies Record<string, Quote>;
const DELIMITER_NAMES = Object.fromEntries(
  Object.entries(DELIMITERS).map(([delimiter, name]) => [name, delimiter as Delimiter]),
);
const HEADER_NAMES = { yes: true, no: false };

const text = { type: 'string' } as const;

type Option = 'delimiter' | 'quotes' | 'header' | 'encoding';

/** For parseArgs. */
export const READING_OPTIONS = { delimiter: text, quotes: text, header: text, encoding: text } satisfies Record<
  Option,
  typeof text
>;

/** The same of the file that is measured by. */
export const EVAL_READING_OPTIONS = {
  'eval-delimiter': text,
  'eval-quotes': text,
  'eval-header': text,
  'eval-encoding': text,
} satisfies Record<`eval-${Option}`, typeof text>;

export const READING_HELP = `  --delimiter NAME   between columns: ${Object.keys(DELIMITER_NAMES).join(', ')} (default: guessed)
  --quotes NAME      around cells: ${Object.keys(QUOTE_NAMES).join(', ')} (default: guessed)
  --header yes|no    whether the first row names the columns (default: guessed)
  --encoding NAME    ${Object.keys(ENCODINGS).slice(0, 4).join(', ')}, … (default: guessed)`;

type Given<Name extends string> = { [Key in Name]?: string | undefined };

export const readingWishes = (given: Given<Option>): Wishes => wishesOf((option) => [option, given[option]]);

/** As `readingWishes`, of EVAL_READING_OPTIONS. */
export const evalReadingWishes = (given: Given<`eval-${Option}`>): Wishes =>
  wishesOf((option) => [`eval-${option}`, given[`eval-${option}`]]);

/** Throws for a name that an option does not take. */
function wishesOf(given: (option: Option) => [name: string, value: string | undefined]): Wishes {
  const one = <T>(option: Option, known: Record<string, T>): T | undefined => {
    const [name, value] = given(option);
    if (value === undefined) return undefined;
    if (!Object.hasOwn(known, value))
      throw new Error(`--${name} takes ${Object.keys(known).join(', ')}, not “${value}”`);
    return known[value];
  };
  const encodings = Object.fromEntries(Object.keys(ENCODINGS).map((name) => [name, name])) as Record<
    keyof typeof ENCODINGS,
    keyof typeof ENCODINGS
  >;
  const wishes = {
    encoding: one('encoding', encodings),
    delimiter: one('delimiter', DELIMITER_NAMES),
    quote: one('quotes', QUOTE_NAMES),
    header: one('header', HEADER_NAMES),
  };
  checkWishes(wishes);
  return wishes;
}

/** Sets the controls `testId` of the file that was read last. Throws where the file has no such control, as JSON has no delimiter. */
export async function wishReading(page: Page, testId: string, wishes: Wishes): Promise<void> {
  const wished = Object.entries(wishes).filter(([, wish]) => wish !== undefined);
  if (wished.length === 0) return;
  const facts = page.getByTestId(testId);
  await facts.locator('summary').first().click();
  for (const [name, wish] of wished) {
    const control = page.getByTestId(`${testId}-${name}`);
    if ((await control.count()) === 0) throw new Error(`the file is not one that is read with a choice of ${name}`);
    await control.selectOption(String(wish));
    await until(page, 'the file to be read again', ({ data, newTexts }) => !data.busy && !newTexts.busy, 300_000);
  }
}
