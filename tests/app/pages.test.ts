/** The pages as people with and without eyes, mice and wide screens meet them. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { ESTIMATE } from './fixtures';
import { staged } from './staged';

const PHONE = { width: 390, height: 844 };

/** In the page: the legend's entries whose colour no pixel of their chart's canvas has, but for what smoothing does to thin lines. */
function notDrawn(entries: Element[]): string[] {
  const canvas = entries[0]!.closest('.card')!.querySelector('canvas')!;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  const named = entries.map((entry) => {
    const swatch = getComputedStyle(entry.querySelector('.swatch')!);
    const color = entry.querySelector('[data-shape=block]') ? swatch.backgroundColor : swatch.borderTopColor;
    return { name: entry.textContent!, color: color.match(/\d+/g)!.slice(0, 3).map(Number) };
  });
  const isDrawn = (color: number[]): boolean => {
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3]! > 128 && color.every((part, j) => Math.abs(part - data[i + j]!) < 8)) return true;
    return false;
  };
  return named.filter(({ color }) => !isDrawn(color)).map(({ name }) => name);
}

describe.concurrent('the lobby', () => {
  staged('lets a role be chosen by keyboard, and only one', async ({ show }) => {
    const page = await show('lobby');
    expect(await page.getByTestId('create-session').isDisabled()).toBe(true);
    await page.getByTestId('role-data-owner').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    expect(await page.getByTestId('role-model-owner').isChecked()).toBe(true);
    expect(await page.getByTestId('role-data-owner').isChecked()).toBe(false);
    expect(await page.getByTestId('create-session').isEnabled()).toBe(true);
  });

  staged('comes back in the theme that was chosen, whatever the system’s', async ({ show }) => {
    const page = await show('lobby');
    await page.getByRole('button', { name: /dark/i }).click();
    await page.reload();
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: /light/i }).click();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.reload();
    await page.locator('html[data-theme=light]').waitFor({ state: 'attached' });
  });

  staged('says what is wrong with a code', async ({ show }) => {
    const page = await show('lobby');
    await page.getByTestId('role-model-owner').check();
    await page.getByTestId('join-code').fill('12-34');
    await page.getByTestId('join-session').click();
    expect(await page.getByRole('alert').textContent()).toContain('12 characters');
  });

  staged('presets role and code from an invitation', async ({ show }) => {
    const page = await show('invited');
    expect(await page.getByTestId('role-model-owner').isChecked()).toBe(true);
    expect(await page.getByTestId('join-code').inputValue()).toBe('7KQ2-M9XD-4TRW');
  });
});

describe.concurrent('the data', () => {
  const load = (page: Page, name: string, text: string, input = 'file-input') =>
    page.getByTestId(input).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

  staged('is read, replaced and removed', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'review,stars\nlovely,good\ndreadful,bad\n');
    await page.getByTestId('count-good').waitFor();
    expect(await page.getByTestId('column-text').inputValue()).toBe('review');
    await load(page, 'b.tsv', 'text\tlabel\nfine\tyes\npoor\tno\n', 'replace-training');
    await page.getByTestId('count-yes').waitFor();
    await page.getByTestId('remove-training').click();
    await page.getByTestId('use-sample').waitFor();
  });

  staged('of the sample comes with notes to measure by, which other data do without', async ({ show }) => {
    const page = await show('data-waiting');
    await page.getByTestId('use-sample').click();
    const summary = page.getByTestId('evaluation-file').locator('summary');
    await summary.getByText('patient-feedback-heldout.csv').waitFor();
    await load(page, 'own.csv', 'text,label\nlovely,good\ndreadful,bad\n', 'replace-training');
    await summary.getByText('(optional)').waitFor();
  });

  staged('keeps what was loaded when the next file is wrong', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'good.csv', 'text,label\nlovely,good\ndreadful,bad\n');
    await page.getByTestId('count-good').waitFor();
    await load(page, 'bad.jsonl', '{"text": "fine", "label": "good"}\n{"text"', 'replace-training');
    const problem = page.getByTestId('data-problem');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('bad.jsonl, row 2');
    expect(await problem.textContent()).toContain('good.csv stays loaded');
    expect(await page.getByTestId('count-good').isVisible()).toBe(true);
  });

  staged('stays what it was when the next file is given up', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'text,label,by\nlovely,good,me\ndreadful,bad,you\n');
    await page.getByTestId('count-good').waitFor();
    await page.evaluate(async () => {
      const rows = Array.from({ length: 150_000 }, (_, i) => `note ${i},${i % 2 ? 'late,her' : 'early,him'}`);
      const transfer = new DataTransfer();
      transfer.items.add(new File([`text,label,by\n${rows.join('\n')}\n`], 'b.csv'));
      const input = document.querySelector<HTMLInputElement>('[data-testid=replace-training]')!;
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      const cancel = () => document.querySelector<HTMLButtonElement>('[data-testid=cancel-training]');
      while (!cancel()) await new Promise((resolve) => setTimeout(resolve));
      cancel()!.click();
    });
    // The parser has read it all the same, and answers in turn.
    await page.getByTestId('column-label').selectOption('by');
    await page.getByTestId('count-me').waitFor();
    expect(await page.getByTestId('count-her').count()).toBe(0);
  });

  staged('is read otherwise where that is said, and the preview follows', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'sep=;\n"lovely, so lovely";good\ndreadful;bad\nwarm;good\ncold;\n');
    const reading = page.getByTestId('reading-training');
    await page.getByTestId('count-good').waitFor();
    expect(await reading.locator('summary').textContent()).toBe(
      'Read as: semicolon-separated, double quotes, no header, UTF-8; 1 row above skippedChange',
    );
    const rows = page.getByLabel('First rows of a.csv').locator('tbody tr');
    expect(await rows.allTextContents()).toEqual(['2lovely, so lovelygood', '3dreadfulbad', '4warmgood', '5cold']);
    const skipped = page.getByTestId('reading-training-skipped');
    await skipped.locator('summary').click();
    expect(await skipped.textContent()).toBe('1 row left outRow 5: It has no label.');

    await reading.locator('summary').click();
    await page.getByTestId('reading-training-header').selectOption('is the header');
    await page.getByLabel('First rows of a.csv').getByText('lovely, so lovely (text)').waitFor();
    await page.getByTestId('reading-training-header').selectOption('is data');
    await page.getByTestId('reading-training-delimiter').selectOption('comma');
    await page.getByTestId('data-problem').waitFor();
    await page.getByTestId('reading-training-delimiter').selectOption('semicolon');
    await page.getByTestId('count-good').waitFor();
    await page.getByTestId('reading-training-skipLast').selectOption('1');
    await page.getByTestId('reading-training-skipped').waitFor({ state: 'detached' });
  });

  staged('says that labels are spelt alike, and merges them in both files', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'text,label\na,Good\nb,bad\nc,good\nd,good\n');
    await page.getByTestId('alike-training').getByText('“good”, “Good”').waitFor();
    await page.getByTestId('evaluation-file').locator('summary').first().click();
    await load(page, 'b.csv', 'text,label\ne,GOOD\nf,bad\n', 'evaluation-input');
    await page.getByTestId('count-GOOD').waitFor();
    await page.getByTestId('merge-training').click();
    await page.getByTestId('count-GOOD').waitFor({ state: 'detached' });
    expect(await page.getByTestId('count-good').allTextContents()).toEqual(['good 3', 'good 1']);
    await page.getByTestId('merge-training').click();
    await page.getByTestId('count-GOOD').waitFor();
    expect(await page.getByTestId('count-Good').textContent()).toBe('Good 1');
  });

  staged('names other columns that could be the label, and cells with several', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'comment,toxic,insult\nyou fool,1,1\nso nice,0,0\nbad you,1,0\nhello there,0,0\n');
    await page.getByTestId('rivals-training').getByText('“insult”').waitFor();
    await load(page, 'b.csv', 'text;label\na;late|rude\nb;late\nc;rude\nd;late\n', 'replace-training');
    const several = page.getByTestId('several-training');
    await several.getByText('1 row has several labels').waitFor();
    expect(await page.getByTestId('count-late').textContent()).toBe('late 3');
    await several.locator('select').selectOption('leave out');
    await page.getByTestId('count-late').getByText('late 2').waitFor();
  });

  staged('proposes label words and keeps typed ones', async ({ show }) => {
    const page = await show('data-waiting');
    await load(page, 'a.csv', 'text,label\nlovely,positive\ndreadful,negative\n');
    await page.getByTestId('word-positive').fill('sunny');
    await load(page, 'b.csv', 'text,label\nnice,positive\nodd,neutral\n', 'replace-training');
    await page.getByTestId('word-neutral').waitFor();
    expect(await page.getByTestId('word-positive').inputValue()).toBe('sunny');
    expect(await page.getByTestId('word-neutral').inputValue()).not.toBe('');
  });

  staged('of a hundred thousand rows leaves the page responsive', async ({ show }) => {
    const page = await show('data-waiting');
    const { longest, total } = await page.evaluate(async () => {
      const rows = Array.from({ length: 100_000 }, (_, i) => `"Text ${i}, with a comma",${i % 2 ? 'yes' : 'no'}`);
      const transfer = new DataTransfer();
      transfer.items.add(new File([`text,label\n${rows.join('\n')}\n`], 'big.csv'));
      const input = document.querySelector<HTMLInputElement>('[data-testid=file-input]')!;
      const start = performance.now();
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      let longest = 0;
      let last = start;
      while (!document.querySelector('[data-testid=count-yes]')) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
      return { longest, total: last - start };
    });
    expect(await page.getByTestId('count-yes').textContent()).toContain('50,000');
    // Relative, because the machine may be busy with other tests: read on the page, it would stand still nearly all the time.
    expect(longest).toBeLessThan(Math.max(300, 0.6 * total));
  });
});

describe.concurrent('on a phone', () => {
  staged.for(['head-ready', 'data-ready', 'encoder-ready'] as const)(
    '%s fits three screens',
    async (scene, { stage, expect }) => {
      const page = await stage.page({ viewport: PHONE });
      await stage.turn(page, scene);
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(3 * PHONE.height);
      // The start is there at the top of the page and at its end, and covers nothing that is reached by keyboard.
      expect(await page.getByTestId('start').boundingBox()).toMatchObject({ y: expect.closeTo(PHONE.height - 60, -2) });
      for (let i = 0; i < 8; i++) await page.keyboard.press('Tab');
      const covered = await page.evaluate(() => {
        const { top, height, left } = document.activeElement!.getBoundingClientRect();
        const there = document.elementFromPoint(left + 4, top + height / 2);
        return there !== document.activeElement && !document.activeElement!.contains(there);
      });
      expect(covered).toBe(false);
      await page.context().close();
    },
  );
});

describe.concurrent('training', () => {
  staged('asks before the tab is closed, and not in the lobby', async ({ show }) => {
    const asked = async (scene: 'training' | 'lobby') => {
      const page = await show(scene);
      // Browsers ask only about pages that somebody has touched.
      await page.mouse.click(5, 5);
      return page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
    };
    expect(await asked('training')).toBe(true);
    expect(await asked('lobby')).toBe(false);
  });

  staged('confirms leaving, and stops without a question', async ({ show }) => {
    const page = await show('training');
    await page.getByTestId('leave').click();
    expect(await page.getByRole('dialog').textContent()).toContain('Leave the session?');
    await page.keyboard.press('Escape');
    await page.getByTestId('stop').click();
    expect(await page.getByTestId('training-state').textContent()).toContain('Finishing this pass');
  });

  staged('shows the same numbers as charts, tables and data', async ({ show }) => {
    const page = await show('training');
    expect(await page.getByTestId('generation-count').textContent()).toBe('17');
    const chart = page.getByTestId('loss-chart');
    await chart.locator('summary').click();
    await chart.locator('table').waitFor();
    // Before them the untuned prompt, of which no batch was computed.
    expect(await chart.locator('tbody tr').count()).toBe(18);
    expect(await chart.locator('tbody tr').first().textContent()).toBe('0––0.741');
    expect(await page.evaluate(() => window.secfwt.history.length)).toBe(17);
  });

  staged.for(['light', 'dark'] as const)('draws all that its legends name, in %s', async (theme, { show }) => {
    const page = await show('training');
    if (theme === 'dark') await page.getByRole('button', { name: /dark/i }).click();
    // Of traffic, some kinds are less than a pixel.
    for (const name of ['loss', 'accuracy', 'time']) {
      const chart = page.getByTestId(`${name}-chart`);
      expect(await chart.locator('.legend li').evaluateAll(notDrawn), name).toEqual([]);
    }
  });

  staged('says what is under the pointer', async ({ show }) => {
    const page = await show('training');
    const plot = page.getByTestId('time-chart').locator('.plot');
    await plot.hover();
    const figures = await plot.locator('.tooltip').textContent();
    expect(figures).toMatch(/^Generation \d+compute[\d.]+ s.*together[\d.]+ s$/);
    await page.mouse.move(0, 0);
    await plot.locator('.tooltip').waitFor({ state: 'detached' });
  });

  staged('shows beside accuracy what can be done alone, and what is still to come of the cost', async ({ show }) => {
    const page = await show('training');
    expect(await page.getByTestId('accuracy-chart').locator('.legend li').allTextContents()).toEqual([
      'tuned prompt',
      'untuned: 57.8\u00a0%',
      'Always the most frequent label: 50.0\u00a0%',
      'Words and pairs of words: 64.1\u00a0%',
      'Mean of the public word embeddings: 70.3\u00a0%',
    ]);
    const { sequences } = await page.evaluate(() => window.secfwt.totals);
    const toCome = await page.getByTestId('total-sequences-to-come').textContent();
    expect(Number(toCome!.replace(',', ''))).toBe(ESTIMATE.total.sequences - sequences);
    await page.goto(page.url().replace('training', 'result'));
    await page.getByTestId('total-sequences').waitFor();
    expect(await page.getByTestId('total-sequences-to-come').count()).toBe(0);
  });

  staged('shows the round under way to those who open it, with the bytes of its plan', async ({ show }) => {
    const page = await show('training');
    const picture = page.getByTestId('round-picture');
    expect(await picture.locator('svg').count()).toBe(0);
    await picture.locator('summary').click();
    expect(await page.getByTestId('round-now').textContent()).toBe('Round 2 of 4, of 128 texts at once.');
    expect(await picture.locator('li').allTextContents()).toContainEqual(expect.stringMatching(/^open 5\.80 MB/));
    expect(await picture.locator('[data-state=now] rect').count()).toBe(2);
  });

  staged('moves nothing where a person asked for that', async ({ stage }) => {
    const page = await stage.page({ reducedMotion: 'reduce' });
    await stage.turn(page, 'data-waiting');
    await page.locator('.dot').first().waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    const durations = await page
      .locator('.button')
      .evaluateAll((all) => all.map((button) => getComputedStyle(button).transitionDuration));
    expect(new Set(durations.flatMap((each) => each.split(', ')))).toEqual(new Set(['0s']));
    await page.context().close();
  });

  staged('says in the tab’s title how far it is, and lets nothing move while it is paused', async ({ show }) => {
    const page = await show('training');
    expect(await page.title()).toBe('56\u00a0% · data owner · SecFwT');
    const paused = await show('model-paused');
    expect(await paused.title()).toBe('Paused · model owner · SecFwT');
    expect(await paused.getByTestId('link-data-owner').textContent()).toContain('paused');
    expect(await paused.getByRole('progressbar').count()).toBe(0);
  });

  staged('shows what was labelled wrong, both runs, and saves everything at once', async ({ show }) => {
    const page = await show('result');
    expect(await page.getByTestId('meaning').textContent()).toMatch(/^Of a hundred texts .* about 83 right/);
    const wrong = page.getByTestId('wrong-examples');
    expect(await wrong.locator('li').count()).toBe(10);
    expect(await wrong.locator('..').textContent()).toMatch(/row 17: positive, taken for negative.*and 1 more/);
    expect(await page.getByTestId('runs').locator('tbody tr').allTextContents()).toEqual([
      '1prompt82.8\u00a0%71.8\u00a0% – 90.1\u00a0%82.8\u00a0%download',
      '2prompt82.8\u00a0%71.8\u00a0% – 90.1\u00a0%82.8\u00a0%download',
    ]);
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-all').click()]);
    expect(saved.suggestedFilename()).toBe('secfwt-prompt.zip');
    const files = unzipSync(readFileSync((await saved.path())!));
    expect(Object.keys(files)).toContain('README.md');
  });

  staged('downloads the history as a spreadsheet reads it', async ({ show }) => {
    const page = await show('result');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('download-history-csv').click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines).toHaveLength(31);
    expect(lines[0]).toContain('generation,loss,bestLoss');
  });
});

describe.concurrent('with a choice of methods', () => {
  staged(
    'suggests a head, asks for what it takes, and offers what the model owner lets be opened',
    async ({ show }) => {
      const page = await show('head-ready');
      const options = (key: string) => page.getByTestId(`setting-${key}`).locator('option').allTextContents();
      expect(await options('method')).toEqual([
        'as suggested: a head of your own',
        'a head of your own',
        'a prompt',
        'a prompt and a head',
      ]);
      expect(await options('reading')).toEqual([
        'as suggested: its whole answer',
        'its whole answer',
        'how it leans to label words',
      ]);
      expect(await page.getByTestId('setting-generations').count()).toBe(0);
      expect(await page.locator('.checklist li').last().textContent()).toBe(
        '✓Budget: 32,064 of 41,600 numbers that may be opened',
      );
      expect(await page.getByTestId('limits').textContent()).toMatch(/lets 64 numbers of a text .* 41,600 in all/);
      expect(await page.getByTestId('estimate').textContent()).toMatch(/opens 64 numbers to you: the model’s answer/);
      await page.getByTestId('setting-method').selectOption('prompt');
      expect(await page.getByTestId('setting-generations').count()).toBe(1);
      expect(await page.getByTestId('setting-reading').count()).toBe(0);
    },
  );

  staged(
    'says beside the start that a budget does not do, and leaves to it how many examples are taken',
    async ({ show }) => {
      const page = await show('head-over-budget');
      const bar = page.getByTestId('start-status');
      expect(await bar.textContent()).toContain('32,064 numbers opened to you — more than the 20,000 that may be');
      await page.getByTestId('fewer-examples').click();
      expect(await page.getByTestId('setting-shots').inputValue()).toBe('');
      expect(await page.getByTestId('fewer-examples').count()).toBe(0);
    },
  );

  staged('says beside what is lacking what a check found wrong', async ({ show }) => {
    const page = await show('data-invalid');
    expect(await page.locator('.checklist li').last().textContent()).toMatch(/^·Checked against the model — “abysmal”/);
  });

  staged('says that tuning a prompt gained nothing, and keeps the head', async ({ show }) => {
    const page = await show('both-result');
    const said = await page.getByRole('main').textContent();
    expect(said).toMatch(/head alone82\.8\u00a0%.*head and prompt82\.8\u00a0%/);
    expect(said).toMatch(
      /No generation beat the head on the untuned prompt.*gained nothing.*ended after 20 generations/,
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-head').click()]);
    expect(download.suggestedFilename()).toBe('head.safetensors');
  });

  staged('of a run that broke off is the best so far where a person stops it', async ({ show }) => {
    const page = await show('data-returning');
    // Another session would throw away what this one is to go on with.
    await page.getByTestId('partial-dealer').waitFor();
    expect(await page.getByTestId('third-tab').count()).toBe(0);
    await page.getByTestId('stop').click();
    await page.getByText('Training stopped').waitFor();
    await page.getByText('meeting again').waitFor();
    await page.getByTestId('classify-input').fill('kind');
    expect(await page.getByTestId('classify-run').isEnabled()).toBe(false);
  });

  staged('lets a model owner limit what is opened of a text', async ({ show }) => {
    const page = await show('model-offering');
    const most = page.getByTestId('most-of-sequence');
    expect(await most.inputValue()).toBe('64');
    await most.fill('1');
    expect(await page.getByTestId('offer-model').isEnabled()).toBe(false);
    expect(await page.getByRole('main').textContent()).toMatch(/Type 2 or more/);
    await most.fill('2');
    expect(await page.getByTestId('offer-model').isEnabled()).toBe(true);
  });
});

describe.concurrent('new texts', () => {
  const file = (page: Page, text: string) =>
    page
      .getByTestId('classify-file')
      .setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

  staged('of a file are those of the chosen column, line breaks and all', async ({ show }) => {
    const page = await show('encoder-loaded');
    await file(page, 'id,said,note\n1,"kind,\nand quick",a\n2,rude,b\n');
    await page.getByTestId('classify-file-run').getByText('Classify 2 texts').waitFor();
    await page.getByTestId('classify-column').selectOption('said');
    await page.waitForFunction(() => window.secfwt.newTexts.count === 2);
    expect(await page.getByTestId('classify-file-run').isEnabled()).toBe(true);
    await file(page, 'said\nonly one column\n');
    await page.getByTestId('classify-file-run').getByText('Classify 1 text').waitFor();
    await file(page, 'said,by\nfine,me\n,you\n');
    await page.getByTestId('classify-file-run').getByText('Classify 1 text').waitFor();
    await page.getByTestId('classify-column').selectOption('said');
    const skipped = page.getByTestId('reading-new-skipped');
    await skipped.getByText('1 row left out').click();
    expect(await skipped.textContent()).toContain('Row 3: It has no text.');
  });

  staged('are answered while they are typed where that is wanted, once each', async ({ show }) => {
    const page = await show('encoder-loaded');
    await page.getByTestId('classify-input').fill('kind');
    await page.waitForTimeout(1200);
    expect(await page.evaluate(() => window.secfwt.classifying)).toBe(false);
    await page.getByTestId('classify-live').check();
    await page.waitForFunction(() => window.secfwt.classifying);
  });

  staged('are saved with their labels and probabilities', async ({ show }) => {
    const page = await show('result');
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-labelled').click()]);
    expect(readFileSync((await saved.path())!, 'utf8').split('\r\n')).toEqual([
      'text,label,probability of positive,probability of negative',
      'The doctor listened and the room was bright.,positive,0.910000,0.090000',
      'It took them a week to call.,negative,0.340000,0.660000',
      '',
    ]);
  });
});

describe.concurrent('with a sentence encoder', () => {
  staged('the steps ask for no words and no search, and show what matters', async ({ show }) => {
    const page = await show('encoder-ready');
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Data',
      'Settings',
      'Session',
      'Estimate',
      'An earlier result',
    ]);
    expect(await page.locator('[data-testid^=word-]').count()).toBe(0);
    const settings = await page
      .locator('[data-testid^=setting-]')
      .evaluateAll((all) => all.map((field) => (field as HTMLElement).dataset.testid));
    expect(settings.sort()).toEqual([
      'setting-lengths',
      'setting-measured',
      'setting-seed',
      'setting-shots',
      'setting-tokens',
    ]);
    const rows = await page.getByTestId('classes').locator('tbody tr').allTextContents();
    expect(rows).toEqual(['negative23034', 'positive20630']);
    expect(await page.getByTestId('estimate').textContent()).toMatch(/24 tokens .*, and opens 384 numbers/);
    expect(await page.getByTestId('estimate').textContent()).toMatch(/Numbers opened to you3,072192,000/);
    expect(await page.getByTestId('start').isEnabled()).toBe(true);
  });

  staged('the result stands beside what could be done alone, with its files', async ({ show }) => {
    const page = await show('encoder-result');
    expect(await page.getByTestId('verdict').textContent()).toMatch(/The model adds nothing here.*Try more examples/);
    const lines = await page.getByTestId('comparison').locator('tbody tr').allTextContents();
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('The model with your head68.8\u00a0%56.6\u00a0% – 78.8\u00a0%');
    const scores = await page.getByTestId('scores').locator('tbody tr').allTextContents();
    expect(scores).toEqual([
      'positive68.8\u00a0%68.8\u00a0%68.8\u00a0%32',
      'negative68.8\u00a0%68.8\u00a0%68.8\u00a0%32',
      'mean of the labels (macro F1)68.8\u00a0%',
    ]);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-head').click()]);
    expect(download.suggestedFilename()).toBe('head.safetensors');
    expect(await page.getByTestId('download-history-csv').count()).toBe(0);
    expect(await page.getByTestId('total-numbers').textContent()).toMatch(/ of /);
  });

  staged(
    'a file of an earlier run brings the box for texts, and one of another model says why not',
    async ({ show }) => {
      const page = await show('encoder-loaded');
      expect(await page.getByTestId('classify-input').isVisible()).toBe(true);
      expect(await page.getByTestId('loaded').textContent()).toContain('A head for “negative”, “positive”');
      expect(await page.getByTestId('unloadable').textContent()).toContain('bge-small');
    },
  );
});
