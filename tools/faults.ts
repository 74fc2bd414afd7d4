/**
 * What happens to real sessions: faults to strike two tabs with, each as near to the real thing as a driver of browsers gets. For the end-to-end
 * tests and for `npm run soak`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { CDPSession, Page, Worker } from 'playwright-core';
import type { ServerProcess } from './server-process';
import type { TwoTabs } from './two-tabs';

export type Side = 'dataOwner' | 'modelOwner';

export interface Struck {
  tabs: TwoTabs;
  server: ServerProcess;
  /** What the data owner loads again, should its page have forgotten it. */
  file: string;
  /** What was to last goes on for a second after it was noticed. */
  hasty?: boolean;
}

export interface Fault {
  name: string;
  /** The pages that have to say so. */
  seenBy: readonly Side[];
  /** Resolves once it has struck. */
  strike(struck: Struck): Promise<void>;
  /** Ends it, and does what only a person can. */
  mend?(struck: Struck): Promise<void>;
}

const OTHER: Record<Side, Side> = { dataOwner: 'modelOwner', modelOwner: 'dataOwner' };
const NAME: Record<Side, string> = { dataOwner: 'data owner', modelOwner: 'model owner' };

function frozen(side: Side): Fault {
  return {
    name: `the ${NAME[side]}’s page is frozen for 20 s`,
    seenBy: [OTHER[side]],
    strike: ({ tabs }) => freeze(tabs[side]),
    async mend(struck) {
      await last(20, struck);
      await thaw(struck.tabs[side]);
    },
  };
}

function withoutWorker(side: Side, what: string, strike: (page: Page) => void | Promise<void>): Fault {
  return {
    name: `the ${NAME[side]}’s worker ${what}`,
    seenBy: [side],
    strike: async ({ tabs }) => strike(tabs[side]),
    mend: ({ tabs }) => tabs[side].getByTestId('restart').click(),
  };
}

/** A run survives each of them. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'the model owner’s page is loaded anew',
    seenBy: ['dataOwner'],
    strike: ({ tabs }) => reload(tabs.modelOwner),
  },
  {
    name: 'the data owner’s page is loaded anew',
    seenBy: ['modelOwner'],
    strike: ({ tabs }) => reload(tabs.dataOwner),
    async mend({ tabs, file }) {
      await tabs.until(tabs.dataOwner, 'all to meet again', ({ state }) => state === 'ready', 60_000);
      // Texts are kept nowhere but in the page.
      await tabs.load({ own: { path: file } });
      await tabs.dataOwner.getByTestId('take-up').click();
    },
  },
  {
    name: 'the model owner’s page is closed, and opened again',
    seenBy: ['dataOwner'],
    strike: ({ tabs }) => tabs.modelOwner.close(),
    async mend({ tabs }) {
      await tabs.reopen('modelOwner');
      await tabs.modelOwner.getByTestId('offer-model').click({ timeout: 60_000 });
    },
  },
  frozen('modelOwner'),
  frozen('dataOwner'),
  {
    name: 'nothing goes over the network for 10 s',
    seenBy: ['dataOwner', 'modelOwner'],
    strike: async () => signalNetwork('SIGSTOP'),
    mend: async (struck) => {
      await last(10, struck);
      signalNetwork('SIGCONT');
    },
  },
  {
    name: 'the model owner’s line to the server is cut for 10 s',
    seenBy: ['dataOwner', 'modelOwner'],
    strike: ({ tabs }) => cut(tabs.modelOwner, true),
    mend: async (struck) => {
      await last(10, struck);
      await cut(struck.tabs.modelOwner, false);
    },
  },
  {
    name: 'the server is killed, and started again',
    seenBy: ['dataOwner', 'modelOwner'],
    strike: ({ server }) => server.kill(),
    mend: ({ server }) => server.restart(),
  },
  {
    name: 'the server hangs',
    seenBy: ['dataOwner', 'modelOwner'],
    strike: async ({ server }) => void server.process.kill('SIGSTOP'),
    mend: async ({ server }) => void server.process.kill('SIGCONT'),
  },
  withoutWorker('dataOwner', 'is dead', endWorkers),
  withoutWorker('modelOwner', 'is dead', endWorkers),
  withoutWorker('dataOwner', 'hangs', hangWorkers),
  withoutWorker('modelOwner', 'hangs', hangWorkers),
];

/** How long a fault goes unnoticed at most, on a machine that is not busy. */
const NOTICED_MS = 5500;
/** The same on any machine. */
const MOST_MS = 30_000;

/** Strikes, and returns by when the pages that have to had noticed, in milliseconds. Throws where one never has; the fault goes on. */
export async function strike(fault: Fault, struck: Struck): Promise<number> {
  // Watched by the pages themselves, and counted: what is shown until all have met again may pass between two questions.
  const befores = await Promise.all(fault.seenBy.map((side) => struck.tabs.snapshot(struck.tabs[side])));
  const noticed = Promise.all(
    fault.seenBy.map(async (side, i) => {
      const { breaks } = befores[i]!;
      await struck.tabs[side].waitForFunction(showsIt, breaks, { polling: 50, timeout: MOST_MS });
      return performance.now();
    }),
  ).catch((error: Error) => error);
  await fault.strike(struck);
  const began = performance.now();
  const times = await noticed;
  if (times instanceof Error)
    throw new Error(`${fault.name}: not noticed by all of ${fault.seenBy.join(', ')} (${times.message})`);
  return Math.max(0, ...times.map((time) => time - began));
}

function showsIt(before: number): boolean {
  const { breaks, silentSeconds, links } = window.secfwt;
  return breaks > before || silentSeconds !== undefined || Object.values(links).includes('lost');
}

/** What is left of so many seconds, once it was noticed. */
const last = (seconds: number, { hasty }: Struck): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, hasty ? 1000 : 1000 * seconds - NOTICED_MS));

async function reload(page: Page): Promise<void> {
  page.once('dialog', (dialog) => void dialog.accept());
  await page.reload({ waitUntil: 'commit' });
}

const debuggers = new Map<Page, CDPSession>();

async function debuggerOf(page: Page): Promise<CDPSession> {
  const found = debuggers.get(page) ?? (await page.context().newCDPSession(page));
  debuggers.set(page, found);
  return found;
}

/** Its scripts stand still, as those of a frozen tab; what the browser does by itself goes on. */
async function freeze(page: Page): Promise<void> {
  const session = await debuggerOf(page);
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
}

async function thaw(page: Page): Promise<void> {
  const session = await debuggerOf(page);
  await session.send('Debugger.resume');
  await session.send('Debugger.disable');
}

/** From its server; data channels go on. */
async function cut(page: Page, offline: boolean): Promise<void> {
  const session = await debuggerOf(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
}

/** To the process through which all sockets of this program's browsers go, those of data channels too. Linux alone has them in /proc. */
function signalNetwork(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const services = descendants(process.pid).filter((pid) => commandOf(pid).includes('network.mojom.NetworkService'));
  if (services.length === 0) throw new Error('no network process of a browser was found');
  for (const pid of services) process.kill(pid, signal);
}

function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const [, parent] = /^PPid:\s*(\d+)/m.exec(contentOf(`/proc/${name}/status`)) ?? [];
    if (/^\d+$/.test(name) && parent) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

const commandOf = (pid: number): string => contentOf(`/proc/${pid}/cmdline`);

/** Empty where the process has ended meanwhile. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The one that computes, of all that a page has. */
const partyWorkers = (page: Page): Worker[] =>
  page.workers().filter((worker) => /\/worker-[^/]*\.js$/.test(worker.url()));

/** Without a word, as when the browser takes the memory back. */
async function endWorkers(page: Page): Promise<void> {
  await Promise.all(partyWorkers(page).map((worker) => worker.evaluate(() => self.close()).catch(() => {})));
}

/** As in a loop without end, but for the processor's time. */
function hangWorkers(page: Page): void {
  for (const worker of partyWorkers(page))
    worker.evaluate(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)).catch(() => {});
}
