/**
 * Everything that a session gives to each role, and the rules that it must keep: whose randomness is whose, and no mask twice.
 *
 * For tests only. A recording is plain data, so that a test can doctor one and see that the rules notice.
 */
import { vi } from 'vitest';
import type { Backend } from '../../src/compute/backend';
import { type ModelConfig, parseConfig } from '../../src/models/config';
import { DealerPreprocessing } from '../../src/mpc/dealer-preprocessing';
import { Dealing } from '../../src/mpc/dealing';
import { MaskStream } from '../../src/mpc/mask-stream';
import type { MessageKind } from '../../src/net/channel';
import { ONE, type PassSize } from '../../src/session/pass-size';
import { planPass } from '../../src/session/run';
import { modelFiles, openSession, settings } from './session';
import { setupSlices, slices, Tap } from './tap';

export type PartyRole = 'data-owner' | 'model-owner';
export type Role = PartyRole | 'dealer';

/** A mask's name: which elements of which stream. */
export interface Position {
  seed: string;
  pass: number;
  node: number;
  slot: number;
}

export interface Draw extends Position {
  holder: Role;
  n: number;
  bits: number;
  /** How the drawn bits begin, where there are enough of them to tell streams apart. */
  content: string | undefined;
}

export interface Frame {
  from: Role;
  to: Role;
  kind: MessageKind;
  body: Uint8Array;
}

/** A value that was sent under a mask. */
export interface Opening {
  mask: Position;
  value: string;
}

export interface Recording {
  /** What the dealer handed out, run after run. */
  seeds: Record<PartyRole, string[]>;
  draws: Draw[];
  frames: Frame[];
  openings: Opening[];
}

export const place = ({ seed, pass, node, slot }: Position): string =>
  `seed ${seed.slice(0, 8)}, pass ${pass}, node ${node}, slot ${slot}`;

/** What is wrong with a recording; nothing, if all is well. */
export function violations({ seeds, draws, frames, openings }: Recording): string[] {
  const found: string[] = [];
  const parties = ['data-owner', 'model-owner'] as const;

  for (const role of parties) {
    for (const draw of draws.filter(({ holder }) => holder === role)) {
      if (!seeds[role].includes(draw.seed)) found.push(`${role} draws from a seed that is not its own: ${place(draw)}`);
    }
  }

  // Neither in bytes nor in hexadecimal; its own seed only from the dealer.
  for (const { from, to, body } of frames) {
    const text = Buffer.from(body).toString('latin1');
    for (const owner of parties) {
      if (from === 'dealer' && to === owner) continue;
      for (const seed of seeds[owner]) {
        if (text.includes(seed) || text.includes(Buffer.from(seed, 'hex').toString('latin1'))) {
          found.push(`${from} gives a seed of ${owner} to ${to}`);
        }
      }
    }
  }
  for (const { from, to, kind } of frames) {
    if (to === 'dealer' && kind !== 'control') found.push(`${from} sends a ${kind} message to the dealer`);
  }

  const places = new Map<string, Draw>();
  const contents = new Map<string, Draw>();
  for (const draw of draws) {
    const name = `${draw.holder}: ${draw.seed} ${place(draw)}`;
    if (places.has(name)) found.push(`${draw.holder} draws twice: ${place(draw)}`);
    places.set(name, draw);
    if (draw.content === undefined) continue;
    const same = contents.get(`${draw.holder}: ${draw.content}`);
    if (same) found.push(`${draw.holder} has the same mask under two names: ${place(same)} and ${place(draw)}`);
    contents.set(`${draw.holder}: ${draw.content}`, draw);
  }

  // The dealer deals for what the parties draw, and for nothing else.
  const drawn = (holder: (role: Role) => boolean) =>
    draws
      .filter((draw) => holder(draw.holder))
      .map((draw) => `${place(draw)}, ${draw.n} × ${draw.bits} bits`)
      .sort();
  const [dealt, used] = [drawn((role) => role === 'dealer'), drawn((role) => role !== 'dealer')];
  if (dealt.join('\n') !== used.join('\n')) found.push('dealer and parties draw different masks');

  const opened = new Map<string, string>();
  for (const { mask, value } of openings) {
    const name = `${mask.seed} ${place(mask)}`;
    const before = opened.get(name);
    if (before !== undefined && before !== value) found.push(`two values under one mask: ${place(mask)}`);
    opened.set(name, value);
  }
  const known = new Set(draws.filter(({ holder }) => holder !== 'dealer').map((draw) => `${draw.seed} ${place(draw)}`));
  for (const { mask } of openings) {
    if (!known.has(`${mask.seed} ${place(mask)}`)) found.push(`a value was sent without a mask: ${place(mask)}`);
  }
  return found;
}

const small = {
  ...settings,
  population: 2,
  batch: 2,
  generations: 1,
  heldOut: 2,
  evaluateEvery: 1,
};

/** Seeds as a dealer draws them. */
type Seeds = () => Record<PartyRole, Uint8Array<ArrayBuffer>>;

/** A session of two runs, all that happens in it written down; with the dealer's own seeds unless others are given. */
export async function recordSession(seeds?: Seeds): Promise<Recording> {
  const recording: Recording = { seeds: { 'data-owner': [], 'model-owner': [] }, draws: [], frames: [], openings: [] };
  const unwatch = watchDraws(recording.draws);
  const taps = { peer: new Tap(), dataDealer: new Tap(), modelDealer: new Tap() };
  try {
    const session = await openSession({
      seeds,
      peer: taps.peer.options,
      dealerToData: taps.dataDealer.options,
      dealerToModel: taps.modelDealer.options,
    });
    await session.dataOwner.connect();
    for (const [tokens, deepPrompts] of [
      [12, false],
      [14, true],
    ] as const) {
      session.prepare({ ...small, tokens, deepPrompts });
      await session.dataOwner.train();
    }
    await unwatch();
  } finally {
    vi.restoreAllMocks();
  }
  for (const [tap, ends] of [
    [taps.peer, ['data-owner', 'model-owner']],
    [taps.dataDealer, ['data-owner', 'dealer']],
    [taps.modelDealer, ['model-owner', 'dealer']],
  ] as const) {
    for (const { from, kind, body } of tap.messages) {
      recording.frames.push({ from: ends[from], to: ends[1 - from]!, kind, body });
      if (ends[1] !== 'dealer' || from === 0 || kind !== 'control') continue;
      const said = JSON.parse(new TextDecoder().decode(body));
      if (said.type === 'seed') recording.seeds[ends[0]].push(said.seed);
    }
  }
  recording.openings.push(...openings(taps.peer, recording.seeds, parseConfig((await modelFiles()).config)));
  return recording;
}

/** Notes every draw with the role that holds the stream. Call the result for what is still being read. */
function watchDraws(draws: Draw[]): () => Promise<void> {
  const holders = new Map<MaskStream, Role>();
  const reads: Promise<void>[] = [];
  const { begin, mask } = DealerPreprocessing.prototype;
  const { setup } = Dealing.prototype;
  const { draw } = MaskStream.prototype;
  const hold = (preprocessing: DealerPreprocessing) =>
    holders.set(Reflect.get(preprocessing, 'masks'), Reflect.get(preprocessing, 'options').role);
  vi.spyOn(DealerPreprocessing.prototype, 'mask').mockImplementation(function (this: DealerPreprocessing, ...args) {
    hold(this);
    return mask.apply(this, args);
  });
  vi.spyOn(DealerPreprocessing.prototype, 'begin').mockImplementation(function (this: DealerPreprocessing, ...args) {
    hold(this);
    return begin.apply(this, args);
  });
  vi.spyOn(Dealing.prototype, 'setup').mockImplementation(function (this: Dealing, ...args) {
    for (const masks of Object.values<MaskStream>(Reflect.get(this, 'masks'))) holders.set(masks, 'dealer');
    setup.apply(this, args);
  });
  vi.spyOn(MaskStream.prototype, 'draw').mockImplementation(function (this: MaskStream, position, n, bits) {
    const holder = holders.get(this);
    if (!holder) throw new Error('somebody draws from a stream that nobody holds');
    const seed: Uint8Array = Reflect.get(this, 'seed');
    const backend: Backend = Reflect.get(this, 'backend');
    const v = draw.call(this, position, n, bits);
    const noted: Draw = {
      holder,
      seed: Buffer.from(seed).toString('hex'),
      ...position,
      n,
      bits,
      content: undefined,
    };
    draws.push(noted);
    if (n * bits >= 128) {
      const tight = backend.pack(v, bits);
      const read = async () => {
        noted.content = Array.from((await backend.read(tight)).subarray(0, 4)).join(' ');
      };
      reads.push(read());
    }
    return v;
  });
  return async () => void (await Promise.all(reads));
}

/** What the parties sent each other under masks, by the plans that they announced. */
function openings(peer: Tap, seeds: Recording['seeds'], config: ModelConfig): Opening[] {
  const found: Opening[] = [];
  let run = -1;
  let shape = { tokens: 0, answer: 0, columns: 0, deep: false, slots: 0 };
  const sizes = new Map<number, PassSize>();
  for (const { from, kind, pass, round, body } of peer.messages) {
    if (kind === 'control') {
      const said = JSON.parse(new TextDecoder().decode(body));
      if (said.type === 'plan') {
        run++;
        shape = said.shape;
      } else if (said.type === 'pass') sizes.set(said.pass, said);
    } else if (kind === 'ring') {
      const role = from === 0 ? 'data-owner' : 'model-owner';
      const seed = seeds[role][run]!;
      const size = sizes.get(pass) ?? ONE;
      const plan = planPass(config, shape, size);
      if (pass === 0) {
        for (const { name, bytes } of setupSlices(plan, role, body)) {
          const node = plan.weights.findIndex((weight) => weight.name === name);
          found.push({ mask: { seed, pass, node, slot: 0 }, value: Buffer.from(bytes).toString('base64') });
        }
        continue;
      }
      for (const slice of slices(plan, round, role === 'data-owner' ? 'toModelOwner' : 'toDataOwner', body)) {
        // The readout's second part is no opening: it is half of the result.
        if (slice.node.kind === 'readout' && slice.index > 0) continue;
        const mask = { seed, pass, node: slice.node.id, slot: slice.index };
        found.push({ mask, value: Buffer.from(slice.bytes).toString('base64') });
      }
    }
  }
  return found;
}
