/**
 * Two real browser profiles on one machine, one for each party, operated as people would: buttons, fields and files.
 *
 * For the demo and for end-to-end tests. What is read back is what the pages show (`window.secfwt`) and what they let a person download.
 */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Snapshot } from '../app/automation';
import type { Slot } from '../app/data/messages';
import { startServer } from '../server/app';
import { USUAL_OPTIONS } from '../server/options';
import type { BackendPreference } from '../src/compute/create';
import type { Wishes } from '../src/data/read-as';
import type { TuningSettings } from '../src/session/settings';
import { download, launch, sessionAt, snapshotOf, until } from './page';
import { wishReading } from './reading-options';

/** A built-in model's id; the paths of config.json, tokenizer.json and model.safetensors; a folder; or a name on the hub. */
export type ModelSource = string | string[] | { folder: string } | { hub: string };

/** A model is read, calibrated if it has to be, and checked, before it is there. */
const OFFER_MS = 30 * 60_000;

export interface TabsOptions {
  headless?: boolean;
  backend?: BackendPreference;
  budget?: number;
  model?: ModelSource;
  settings?: Partial<Omit<TuningSettings, 'labelWords'>>;
  viewport?: { width: number; height: number };
  /** Randomness from the server or from a third tab. */
  dealer?: 'server' | 'tab';
  /** A server that runs already; otherwise one is started, and stopped with the tabs. */
  server?: Site;
  /** Ports of this machine at which the parties reach the server; its own where none is said. */
  ports?: { modelOwner: number; dataOwner: number };
  /** What is to be done to the parties' browser profiles before a page is opened. */
  profiles?: (modelOwner: BrowserContext, dataOwner: BrowserContext) => Promise<void>;
}

interface Site {
  port: number;
  close(reason: string): Promise<void>;
}

/** A file as a person chooses it; what is not said is guessed. */
export interface ChosenFile {
  path: string;
  /** Columns by name. */
  text?: string | undefined;
  label?: string | undefined;
  reading?: Wishes;
}

export class TwoTabs {
  private constructor(
    private readonly server: Site,
    private readonly ports: NonNullable<TabsOptions['ports']>,
    private readonly browser: Browser,
    private readonly contexts: BrowserContext[],
    public modelOwner: Page,
    public dataOwner: Page,
    /** Of a dealer tab. */
    readonly dealer: Page | undefined,
  ) {}

  /** Starts a server on a free port and both tabs; the model is offered and both sides are connected when it resolves. */
  static async open(options: TabsOptions = {}): Promise<TwoTabs> {
    const {
      headless = true,
      backend = 'auto',
      budget,
      model = 'tiny',
      settings = {},
      viewport = { width: 1280, height: 900 },
    } = options;
    const browser = await launch(headless);
    const server = options.server ?? (await startServer({ ...USUAL_OPTIONS, port: 0 }));
    const count = options.dealer === 'tab' ? 3 : 2;
    const contexts = await Promise.all(Array.from({ length: count }, () => browser.newContext({ viewport })));
    await options.profiles?.(contexts[0]!, contexts[1]!);
    const [modelOwner, dataOwner, dealer] = await Promise.all(contexts.map((context) => context.newPage()));
    const ports = options.ports ?? { modelOwner: server.port, dataOwner: server.port };
    const tabs = new TwoTabs(server, ports, browser, contexts, modelOwner!, dataOwner!, dealer);
    try {
      const terms = { backend, dealer: options.dealer ?? 'server' };
      await tabs.meet(model, terms, budget ? { budget: String(budget) } : {}, settings);
    } catch (error) {
      await tabs.close();
      throw error;
    }
    return tabs;
  }

  private async meet(
    model: ModelSource,
    terms: Record<string, string>,
    offer: Record<string, string>,
    settings: object,
  ): Promise<void> {
    const { modelOwner, dataOwner, dealer, ports, server } = this;
    const open = (page: Page, port: number, parameters: Record<string, string>) =>
      page.goto(sessionAt(`http://127.0.0.1:${port}`, { ...parameters, ...terms }));
    await open(modelOwner, ports.modelOwner, {
      role: 'model-owner',
      host: '1',
      ...(typeof model === 'string' ? { model } : {}),
      ...offer,
    });
    const code = (await modelOwner.getByTestId('session-code').textContent())!;
    const presets = Object.entries(settings).filter(([, value]) => value !== undefined);
    await open(dataOwner, ports.dataOwner, {
      role: 'data-owner',
      code,
      ...Object.fromEntries(presets.map(([key, value]) => [key, String(value)])),
    });
    if (dealer) await open(dealer, server.port, { role: 'dealer', code });
    await this.chooseModel(model);
    const problem = modelOwner.getByTestId('model-problem').or(modelOwner.getByTestId('calibration-problem'));
    const refused = problem.waitFor({ timeout: OFFER_MS }).then(async () => {
      throw new Error((await problem.textContent()) ?? 'the model was refused');
    });
    const offered = async () => {
      const calibrate = modelOwner.getByTestId('calibrate');
      await calibrate.or(modelOwner.getByTestId('offer-estimate')).waitFor({ timeout: OFFER_MS });
      if (await calibrate.isVisible()) await calibrate.click();
      await modelOwner.getByTestId('offer-model').click({ timeout: OFFER_MS });
      await this.until(dataOwner, 'the connection', ({ state }) => state === 'ready', OFFER_MS);
    };
    // What is wrong with a model is said by its owner's page; what comes later of a wait that was lost is of no concern.
    const waits = [refused, offered()];
    for (const wait of waits) wait.catch(() => {});
    await Promise.race(waits);
  }

  private async chooseModel(model: ModelSource): Promise<void> {
    const { modelOwner } = this;
    if (typeof model === 'string') return;
    if (Array.isArray(model)) await modelOwner.getByTestId('model-files').setInputFiles(model);
    else if ('folder' in model) await modelOwner.getByTestId('model-files-folder').setInputFiles(model.folder);
    else {
      await modelOwner.getByTestId('model-hub-name').fill(model.hub);
      await modelOwner.getByTestId('model-hub-fetch').click();
    }
  }

  /** A closed page once more, in another tab at the same address. */
  async reopen(side: 'dataOwner' | 'modelOwner'): Promise<void> {
    const gone = this[side];
    const page = await gone.context().newPage();
    this[side] = page;
    await page.goto(gone.url());
  }

  /** Loads a file, or the sample, into the data owner's tab, and one to measure by. */
  async load(data: { own?: ChosenFile; evaluation?: ChosenFile; words?: Record<string, string> }): Promise<void> {
    const { dataOwner } = this;
    if (data.own) await this.loadInto('training', data.own);
    else await dataOwner.getByTestId('use-sample').click();
    if (data.evaluation) await this.loadInto('evaluation', data.evaluation);
    for (const [label, word] of Object.entries(data.words ?? {}))
      await dataOwner.getByTestId(`word-${label}`).fill(word);
    const problem = dataOwner.getByTestId('data-problem').or(dataOwner.getByTestId('invalid')).first();
    const ready = this.until(
      dataOwner,
      'the data and settings to be accepted',
      ({ preparation }) => preparation.status === 'prepared',
      60_000,
    );
    await ready.catch(async (error) => {
      const shown = await problem.textContent({ timeout: 1000 }).catch(() => undefined);
      throw shown ? new Error(shown) : error;
    });
  }

  private async loadInto(slot: Slot, { path, text, label, reading = {} }: ChosenFile): Promise<void> {
    const { dataOwner } = this;
    const [input, column] = slot === 'training' ? ['file-input', 'column'] : ['evaluation-input', 'evaluation-column'];
    if (slot === 'evaluation') await dataOwner.getByTestId('evaluation-file').locator('summary').first().click();
    await dataOwner
      .getByTestId(input)
      .or(dataOwner.getByTestId(`replace-${slot}`))
      .setInputFiles(path);
    await wishReading(dataOwner, `reading-${slot}`, reading);
    if (text) await dataOwner.getByTestId(`${column}-text`).selectOption({ label: text });
    if (label) await dataOwner.getByTestId(`${column}-label`).selectOption({ label });
  }

  async start(): Promise<void> {
    await this.dataOwner.getByTestId('start').click();
  }

  snapshot(page: Page = this.dataOwner): Promise<Snapshot> {
    return snapshotOf(page);
  }

  /** As `until` of a page. */
  until(page: Page, what: string, fits: (snapshot: Snapshot) => boolean, timeoutMs: number): Promise<Snapshot> {
    return until(page, what, fits, timeoutMs);
  }

  /** A picture of a whole page, its fixed header where it belongs. */
  async screenshot(page: Page, path: string): Promise<void> {
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path, fullPage: true });
  }

  /** What a download button of the data owner's page saves. */
  download(testId: string): Promise<Uint8Array> {
    return download(this.dataOwner, testId);
  }

  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
    await this.browser.close();
    await this.server.close('the run is over');
  }
}
