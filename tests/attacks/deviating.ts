/** What a side that deviates does with the product's own code: it says something else, or does without its page. */
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import type { NamedMatrix } from '../../src/graph/matrix';
import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import { foldedWeights, type OwnModel } from '../../src/models/own-model';
import { MaskStream, type Position } from '../../src/mpc/mask-stream';
import type { Part } from '../../src/mpc/operation';
import type { Plan, PlanNode } from '../../src/mpc/plan';
import type { PassInput } from '../../src/mpc/strand-walk';
import type { Channel, Message } from '../../src/net/channel';
import type { PassKeys } from '../../src/random/pass-keys';
import { seedFromNumber } from '../../src/random/seed';
import { decode, encode, type ShareType, wordsFor } from '../../src/ring/ring';
import { type RunShape, receiveControl, sendControl } from '../../src/session/control';
import { ofTexts, strandsOf } from '../../src/session/pass-size';
import { beginRun, type Run, RunPlans } from '../../src/session/run';
import { type Session, TOKENS } from '../support/session';
import { type Heard, setupSlices, slices } from '../support/tap';

const backend = new CpuBackend();

/** From now on this is said on the channel instead. */
export function says(channel: Channel, change: (message: Message) => Message | Promise<Message>): void {
  const send = channel.send.bind(channel);
  channel.send = async (message) => send(await change(message));
}

/** Elements of a tight bit string, [n]. */
export const unpacked = (bytes: Uint8Array, { n, bits }: Part) =>
  backend.unpack(backend.upload(new Uint32Array(bytes.slice().buffer), 1), n, bits);

/** The same flight with a number added to every element of what one node says in it. */
export async function shifted(
  message: Message,
  { plan, node, direction, by }: { plan: Plan; node: PlanNode; direction: Parameters<typeof slices>[2]; by: number },
): Promise<Message> {
  const body = message.body.slice();
  const part = slices(plan, message.round, direction, body).find((slice) => slice.node === node)!;
  const words = wordsFor(part.bits);
  const sum = backend.add(
    unpacked(part.bytes, part),
    backend.upload(encode(new Float64Array(part.n).fill(by), node.scale, words), words),
    words,
  );
  part.bytes.set(new Uint8Array((await backend.read(backend.pack(sum, part.bits))).buffer));
  return { ...message, body };
}

/** The seeds of a session's first run, which the dealer drew. */
export const SEEDS = { 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) };

/** What was opened under a mask, for who has the mask's seed: `sign` says whether the mask was subtracted or added. */
export async function unmasked(
  opened: Uint8Array,
  { seed, position, type, n }: { seed: Uint8Array | PassKeys; position: Position; type: ShareType; n: number },
): Promise<Float64Array> {
  const words = wordsFor(type.bits);
  const mask = new MaskStream(backend, seed).draw(position, n, type.bits);
  const sum = backend.add(unpacked(opened, { n, bits: type.bits }), mask, words);
  return decode(await backend.read(sum), words, type);
}

/**
 * The texts of a pass, for who has the seed of the data owner's masks and all that it said: by the public tables, which token has an embedding
 * at its place. `isAhead`: the pass was prepared ahead. Behind <s>, the prompt's one slot where it is not disclosed apart, the mask and the template.
 */
export async function textsRead(
  own: OwnModel,
  plan: Plan,
  messages: readonly Heard[],
  { pass, seed, tokens, isAhead }: { pass: number; seed: Uint8Array | PassKeys; tokens: number; isAhead?: boolean },
): Promise<string[]> {
  const node = plan.nodes.find((node) => node.kind === 'disclose' && /^embedded(\.texts)?$/.test(node.name))!;
  // Behind what was said ahead of it.
  const flight = messages.findLast(
    (m) => m.from === 0 && m.kind === 'ring' && m.pass === pass && m.round === node.round,
  )!;
  const parts = slices(plan, node.round, 'toModelOwner', flight.body, isAhead);
  const { bytes, n } = parts.find((slice) => slice.node === node)!;
  const input = await unmasked(bytes, { seed, position: { pass, node: node.id, slot: 0 }, type: node, n });
  const embedding = await architectureOf(own.config).embedding(own.config, own.source);
  const { hidden_size: d } = own.config;
  const rows = TOKENS.map((_, id) => {
    const out = new Float64Array(tokens * d);
    embedding.write(new Int32Array(tokens).fill(id), undefined, out, 0);
    return out;
  });
  const [texts = 0, places = 0] = node.shape;
  const slotsApart = tokens - places;
  const tokenAt = (text: number, t: number) => {
    // The prompt's slots are behind <s>.
    const position = t === 0 ? 0 : t + slotsApart;
    const distances = rows.map((row) => {
      let squares = 0;
      for (let i = 0; i < d; i++) squares += (input[(text * places + t) * d + i]! - row[position * d + i]!) ** 2;
      return squares;
    });
    return TOKENS[distances.indexOf(Math.min(...distances))]!;
  };
  return Array.from({ length: texts }, (_, text) => {
    const read = Array.from({ length: places }, (_, t) => tokenAt(text, t));
    return read.slice(4 - slotsApart, read.indexOf('</s>')).join(' ');
  });
}

/**
 * How far the model's matrices are, in units of their last place, from what who has the seed of the model owner's masks makes of their masked
 * forms.
 */
export async function matricesRead(
  own: OwnModel,
  plan: Plan,
  messages: readonly Heard[],
  seed: Uint8Array | PassKeys,
): Promise<Map<string, number>> {
  const setup = messages.find((m) => m.from === 1 && m.kind === 'ring' && m.pass === 0)!;
  const found = setupSlices(plan, 'model-owner', setup.body);
  const off = new Map<string, number>();
  const names = found.map(({ name }) => name);
  for await (const { name, values } of foldedWeights(own, names)) {
    const { bytes, n } = found.find((slice) => slice.name === name)!;
    const index = plan.weights.findIndex((weight) => weight.name === name);
    const weight = plan.weights[index]!;
    const read = await unmasked(bytes, { seed, position: { pass: 0, node: index, slot: 0 }, type: weight, n });
    const worst = read.reduce((most, x, i) => Math.max(most, Math.abs(x - values[i]!)), 0);
    off.set(name, worst * 2 ** weight.scale);
  }
  return off;
}

/** A data owner without a page: a run of its own choice, and any numbers as input. */
export class ByHand {
  private constructor(
    private readonly session: Session,
    readonly plans: RunPlans,
    private readonly run: Run,
  ) {}

  static async begin(session: Session, config: ModelConfig, shape: RunShape, readout?: NamedMatrix): Promise<ByHand> {
    const plans = new RunPlans(config, shape);
    await session.dataOwner.connect();
    const { peer } = session.data;
    await sendControl(peer, 'plan', { shape, digest: plans.digest });
    await receiveControl(peer, 'the model owner', 'planned');
    const own = readout ? [readout] : [];
    const run = await beginRun({ role: 'data-owner', connection: session.data, backend, plans, own });
    return new ByHand(session, plans, run);
  }

  /** What is opened of so many texts, or why nothing is. */
  async ask(inputOf: (texts: number) => PassInput, texts = 1): Promise<Float64Array | string> {
    const { peer } = this.session.data;
    const size = ofTexts(texts);
    await sendControl(peer, 'pass', { pass: this.run.nextPass, ...size });
    const answer = await receiveControl(peer, 'the model owner', 'accepted', 'refused');
    if (answer.type === 'refused') return answer.reason;
    const inputs = strandsOf(size).map((part) => inputOf(part.texts));
    const { output } = await this.run.pass(size, inputs);
    return output!;
  }
}
