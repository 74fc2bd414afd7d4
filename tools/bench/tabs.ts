/** Passes between two real tabs that are far from each other, against what pages foretell. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Page } from 'playwright-core';
import type { Snapshot } from '../../app/automation';
import { conditionsOf, describe } from '../../app/lib/run-time';
import { type Conditions, foretold, type TimedRound } from '../../src/mpc/foretell';
import type { Line } from '../../src/net/line';
import { seconds } from '../../src/ring/units';
import { ServerProcess } from '../server-process';
import { type LineShape, shapeTcp, shapeUdp } from '../shaper';
import { isTurnThere, relayOnly, startTurn, TURN_USER } from '../turn-server';
import { TwoTabs } from '../two-tabs';
import { spreadOf, type Tabs } from './figures';

const MODEL = 'tiny';
const [POPULATION, BATCH, TOKENS] = [4, 4, 24];
/** Milliseconds one way, and megabits a second. */
const LATENCIES = [0, 20, 80];
const BANDWIDTHS = [10, 100, 1000];
/** Of every run: those after which the browsers have found out what the line takes, and those that are measured. */
const [SETTLING, PASSES] = [2, 5];
const PASS_MS = 60_000;
const FREE: LineShape = { latencyMs: 0, bitsPerSecond: Number.POSITIVE_INFINITY };

interface Measured extends Pick<Tabs, 'sequences'> {
  rounds: readonly TimedRound[];
  /** As the data owner's page found it before the run. */
  line: Line;
  conditions: Conditions;
  /** Of passes, each from its beginning to the next one's. */
  seconds: number[];
}

export async function measureTabs(say: (line: string) => void): Promise<Tabs | undefined> {
  if (!isTurnThere()) {
    say('turnserver is not installed (Debian: apt install coturn): two tabs of one machine cannot be held apart');
    return undefined;
  }
  const carried = await carriedBits();
  say(`the shaped line carries ${(carried / 1e6).toFixed(0)} Mbit/s`);
  const isCarried = (megabits: number) => 1e6 * megabits < carried;
  const near = await session(FREE);
  const computing = spreadOf(near.seconds);
  const conditions: Tabs['conditions'] = [];
  for (const latencyMs of LATENCIES)
    for (const megabits of BANDWIDTHS.filter(isCarried)) {
      const between = { latency: seconds(latencyMs / 1000), bandwidth: 1e6 * megabits };
      const { line, ...found } = await session({ latencyMs, bitsPerSecond: between.bandwidth });
      const on = (lines: Conditions) => {
        const expected = foretold(found.rounds, lines, computing.median);
        return { foretold: expected, ratio: spreadOf(found.seconds.map((took) => took / expected)) };
      };
      const [shaped, paged] = [on({ between }), on(found.conditions)];
      const network = foretold(found.rounds, { between });
      conditions.push({ ...between, ...shaped, network, seconds: spreadOf(found.seconds), found: { line, ...paged } });
      const { median } = shaped.ratio;
      say(
        `${latencyMs} ms, ${megabits} Mbit/s: ${median.toFixed(2)} × ${shaped.foretold.toFixed(2)} s; ${describe(line)}: ${paged.ratio.median.toFixed(2)} × ${paged.foretold.toFixed(2)} s`,
      );
    }
  const leftOut = BANDWIDTHS.filter((megabits) => !isCarried(megabits)).map((megabits) => 1e6 * megabits);
  return { model: MODEL, sequences: near.sequences, tokens: TOKENS, carried, leftOut, computing, conditions };
}

/** One run in two tabs that are so far from each other, and from the server. */
export async function session(shape: LineShape, start = () => ServerProcess.start()): Promise<Measured> {
  const ends: { close(...why: unknown[]): unknown }[] = [];
  const closing = <T extends { close(...why: never[]): unknown }>(end: T): T => {
    ends.unshift(end);
    return end;
  };
  try {
    const turn = closing(await startTurn());
    const server = closing(await start());
    // Half the way is before the relay and half behind it.
    const half = { ...shape, latencyMs: shape.latencyMs / 2 };
    const toRelay = [closing(await shapeUdp(turn.port, half)), closing(await shapeUdp(turn.port, half))];
    const [modelOwner, dataOwner] = [
      closing(await shapeTcp(server.port, shape)),
      closing(await shapeTcp(server.port, shape)),
    ];
    const generations = SETTLING + PASSES;
    const tabs = closing(
      await TwoTabs.open({
        ...{ server, model: MODEL, backend: 'wasm' },
        ports: { modelOwner: modelOwner.port, dataOwner: dataOwner.port },
        profiles: async (...contexts) => {
          for (const [i, context] of contexts.entries())
            await relayOnly(context, [{ urls: `turn:127.0.0.1:${toRelay[i]!.port}`, ...TURN_USER }]);
        },
        settings: {
          ...{ method: 'prompt', population: POPULATION, batch: BATCH, generations, evaluateEvery: generations },
          ...{ tokens: TOKENS, heldOut: BATCH, measured: 0, seed: 1 },
        },
      }),
    );
    await tabs.load({});
    // Once more where nothing else is on the lines: what the model owner offers travels while they are measured first.
    for (const page of [tabs.modelOwner, tabs.dataOwner]) await measureAgain(page);
    const { distance, fromDealer, preparation } = await tabs.snapshot();
    const planned = preparation.estimate!.passes.find(({ sequences }) => sequences === POPULATION * BATCH)!;
    await tabs.start();
    const isDone = ({ state, history }: Snapshot) => state === 'finished' && history.length === generations;
    const { history } = await tabs.until(tabs.dataOwner, 'the result', isDone, generations * PASS_MS);
    return {
      ...{ sequences: planned.sequences, rounds: planned.rounds },
      ...{ line: distance!, conditions: conditionsOf({ distance, fromDealer }) },
      seconds: history.slice(SETTLING).map((record) => record.seconds - (record.secondsBy.evaluation ?? 0)),
    };
  } finally {
    for (const end of ends) await end.close();
  }
}

async function measureAgain(page: Page): Promise<void> {
  const button = page.getByTestId('measure-distance');
  const again = button.filter({ hasText: 'Measure again' });
  await again.click({ timeout: PASS_MS });
  await button.filter({ hasText: 'Stop' }).waitFor();
  await again.waitFor({ timeout: PASS_MS });
}

/** Bits a second that come through a shaper without a limit. */
async function carriedBits(): Promise<number> {
  const [PACKET, MS] = [new Uint8Array(1200), 1000];
  const sink = createSocket('udp4');
  sink.bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const shaper = await shapeUdp(sink.address().port, FREE);
  const source = createSocket('udp4');
  let received = 0;
  sink.on('message', ({ length }) => {
    received += length;
  });
  const until = performance.now() + MS;
  while (performance.now() < until) {
    for (let i = 0; i < 20; i++) source.send(PACKET, shaper.port, '127.0.0.1');
    await new Promise(setImmediate);
  }
  const bits = (8 * received) / (MS / 1000);
  source.close();
  sink.close();
  shaper.close();
  return bits;
}
