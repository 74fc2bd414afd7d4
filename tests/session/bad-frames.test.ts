/** A peer or a dealer that sends what the protocol does not allow: the session ends, both sides say why, nothing partial is used. */
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../src/net/frames';
import type { MemoryOptions } from '../../src/net/memory';
import { modelFiles, openSession, promptResult, settings } from '../support/session';

const { config } = await modelFiles();

const CONTROL = 1;
const RING = 2;
const TENSOR = 3;

/** A message of one chunk as it lies on the line. */
class Frame {
  readonly view: DataView;
  readonly body: Uint8Array;

  constructor(readonly chunk: Uint8Array) {
    this.view = new DataView(chunk.buffer, chunk.byteOffset);
    this.body = chunk.subarray(HEADER_BYTES);
  }

  get kind() {
    return this.view.getUint8(3);
  }

  get pass() {
    return this.view.getUint32(8, true);
  }

  get round() {
    return this.view.getUint32(12, true);
  }

  get json(): Record<string, unknown> {
    return this.kind === CONTROL ? JSON.parse(new TextDecoder().decode(this.body)) : {};
  }

  /** The same header but for the length. */
  with(body: Uint8Array): Uint8Array {
    const chunk = new Uint8Array(HEADER_BYTES + body.length);
    chunk.set(this.chunk.subarray(0, HEADER_BYTES));
    chunk.set(body, HEADER_BYTES);
    new DataView(chunk.buffer).setUint32(16, body.length, true);
    return chunk;
  }

  withHeader(write: (header: DataView) => void): Uint8Array {
    const chunk = this.chunk.slice();
    write(new DataView(chunk.buffer));
    return chunk;
  }
}

type Line = 'peer' | 'dealerToData' | 'dealerToModel';
type Sender = 'data owner' | 'model owner' | 'dealer';

interface Fault {
  from: Sender;
  to: Sender;
  when: (frame: Frame) => boolean;
  change: (frame: Frame) => Uint8Array;
}

const lineOf = ({ from, to }: Fault): [Line, 0 | 1] => {
  const ends = [from, to];
  if (!ends.includes('dealer')) return ['peer', from === 'data owner' ? 0 : 1];
  return [ends.includes('data owner') ? 'dealerToData' : 'dealerToModel', from === 'dealer' ? 1 : 0];
};

/** The first generation is pass 3 and measured in pass 4, the second, in which most faults happen, is pass 5. */
const chosen = { ...settings, population: 2, batch: 2, generations: 4, heldOut: 4 };
const SPOILED = 5;

/** Trains over a line that spoils one message, as a page would; what is known afterwards. */
async function spoil(fault: Fault) {
  const [line, end] = lineOf(fault);
  let spoiled = 0;
  const options: MemoryOptions = {
    tamper: (chunk, from) => {
      const frame = new Frame(chunk);
      if (spoiled || from !== end || !(frame.kind && fault.when(frame))) return chunk;
      spoiled++;
      return fault.change(frame);
    },
  };
  const session = await openSession({ [line]: options });
  const training = (async () => {
    await session.dataOwner.connect();
    session.prepare(chosen);
    await session.dataOwner.train();
  })();
  const outcome = await training.then(
    () => 'trained',
    async (error) => {
      await session.data.fail(error);
      return 'failed';
    },
  );
  const [data, model] = await Promise.all([session.data.ended, session.served, session.dealt]);
  expect(spoiled).toBe(1);
  expect(outcome).toBe('failed');
  expect(session.find('data', 'finished')).toHaveLength(0);
  return { session, data, model };
}

/** After the handshake, in the second generation. */
async function expectEnd(fault: Fault, message: RegExp): Promise<void> {
  const { session, data, model } = await spoil(fault);
  expect(data).toMatch(message);
  expect(model).toMatch(message);
  // The first generation stands, nothing of the second does.
  expect(session.find('data', 'generation').map(({ record }) => record.generation)).toEqual([1]);
  const saved = promptResult(session.dataOwner.saved);
  expect(saved.history.map(({ generation }) => generation)).toEqual([1]);
  const losses = [session.find('data', 'baseline')[0]!.evaluation.loss, saved.history[0]!.heldOutLoss!];
  expect(saved.bestGeneration).toBe(Number(losses[1]! < losses[0]!));
  expect(saved.final.loss).toBe(losses[saved.bestGeneration]);
}

/** Before any pass: nothing is kept at all. */
async function expectNoStart(fault: Fault, message: RegExp): Promise<void> {
  const { session, data, model } = await spoil(fault);
  expect(data).toMatch(message);
  expect(model).toMatch(message);
  expect(session.find('data', 'generation')).toHaveLength(0);
  expect(session.find('data', 'baseline')).toHaveLength(0);
  expect(session.dataOwner.saved).toBeUndefined();
}

const control =
  (type: string, more: Record<string, unknown> = {}) =>
  (frame: Frame) =>
    frame.json.type === type && Object.entries(more).every(([key, value]) => frame.json[key] === value);

const ring = (pass: number, round?: number) => (frame: Frame) =>
  frame.kind === RING && frame.pass === pass && (round === undefined || frame.round === round);

/** JSON with some fields put in place of others; undefined takes one away. */
const edit = (fields: Record<string, unknown>) => (frame: Frame) =>
  frame.with(new TextEncoder().encode(JSON.stringify({ ...frame.json, ...fields })));

const raw = (text: string) => (frame: Frame) => frame.with(new TextEncoder().encode(text));

const header = (write: (header: DataView) => void) => (frame: Frame) => frame.withHeader(write);

const fromModel = { from: 'model owner', to: 'data owner' } as const;
const fromData = { from: 'data owner', to: 'model owner' } as const;
const dealt = { from: 'dealer', to: 'model owner' } as const;

describe('a frame', () => {
  it.each<[string, Fault, RegExp]>([
    [
      'of shares that is too short',
      { ...fromModel, when: ring(SPOILED), change: (f) => f.with(f.body.slice(0, -4)) },
      /the model owner sent \d+ bytes for round \d+; it should be \d+/,
    ],
    [
      'of shares that is too long',
      { ...fromData, when: ring(SPOILED, 2), change: (f) => f.with(new Uint8Array(f.body.length + 4)) },
      /the data owner sent \d+ bytes for round 2; it should be \d+/,
    ],
    [
      'of corrections that is too short',
      { ...dealt, when: ring(SPOILED), change: (f) => f.with(f.body.slice(4)) },
      /the dealer sent \d+ bytes for round \d+; it should be \d+/,
    ],
    [
      'of another kind',
      { ...fromModel, when: ring(SPOILED), change: header((h) => h.setUint8(3, TENSOR)) },
      /the model owner sent a tensor message where the protocol's round \d+ was due/,
    ],
    [
      'of another kind where a control message is due',
      { ...fromData, when: control('pass', { pass: SPOILED }), change: header((h) => h.setUint8(3, RING)) },
      /the data owner sent a ring message where plan or pass or activity or abort or stock or keep or stocked or unstock was due/,
    ],
    [
      'of no known kind',
      { ...fromData, when: ring(SPOILED), change: header((h) => h.setUint8(3, 9)) },
      /kind: expected .*, got 9/,
    ],
    [
      'out of order',
      { ...fromModel, when: ring(SPOILED), change: header((h) => h.setUint32(4, h.getUint32(4, true) + 1, true)) },
      /sequence: expected \d+, got \d+/,
    ],
    [
      'sent again',
      { ...fromData, when: ring(SPOILED), change: header((h) => h.setUint32(4, h.getUint32(4, true) - 1, true)) },
      /sequence: expected \d+, got \d+/,
    ],
    [
      'of another version',
      { ...fromModel, when: ring(SPOILED), change: header((h) => h.setUint8(2, 3)) },
      /version: expected 2, got 3/,
    ],
    [
      'longer than it says',
      { ...fromModel, when: ring(SPOILED), change: header((h) => h.setUint32(16, h.getUint32(16, true) - 4, true)) },
      /length: message \d+ has \d+ bytes/,
    ],
    [
      'of an earlier pass',
      { ...fromData, when: ring(SPOILED), change: header((h) => h.setUint32(8, h.getUint32(8, true) - 1, true)) },
      /the data owner sent pass 4, round \d+ where pass 5, round \d+ was due/,
    ],
    [
      'of another round',
      { ...fromModel, when: ring(SPOILED), change: header((h) => h.setUint32(12, h.getUint32(12, true) + 1, true)) },
      /the model owner sent pass 5, round \d+ where pass 5, round \d+ was due/,
    ],
    [
      'of corrections of another pass',
      { ...dealt, when: ring(SPOILED), change: header((h) => h.setUint32(8, h.getUint32(8, true) + 1, true)) },
      /the dealer sent pass 6, round \d+ where pass 5, round \d+ was due/,
    ],
  ])('%s ends the session and nothing of the pass is used', (_, fault, message) => expectEnd(fault, message));
});

describe('a control message', () => {
  const pass = { ...fromData, when: control('pass', { pass: SPOILED }) };
  const accepted = { ...fromModel, when: control('accepted', { pass: SPOILED }) };
  const dealing = { ...dealt, when: control('dealing', { pass: SPOILED }) };

  it.each<[string, Fault, RegExp]>([
    ['without a field', { ...pass, change: edit({ texts: undefined }) }, /malformed pass: texts: /],
    ['with a field too many', { ...pass, change: edit({ loss: 0.5 }) }, /malformed pass: .*"loss"/],
    ['with a field of another type', { ...pass, change: edit({ texts: '4' }) }, /malformed pass: texts: /],
    ['with a fraction for a count', { ...pass, change: edit({ candidates: 1.5 }) }, /malformed pass: candidates: /],
    ['with a huge count', { ...pass, change: edit({ candidates: 1e9 }) }, /malformed pass: candidates: /],
    ['of a pass that is not due', { ...pass, change: edit({ pass: 4 }) }, /asked for pass 4 where pass 5 was due/],
    [
      'that is no JSON',
      { ...pass, change: raw('{"type":"pass"') },
      /not JSON where plan or pass or activity or abort or stock or keep or stocked or unstock was due/,
    ],
    [
      'that is no object',
      { ...pass, change: raw('null') },
      /sent undefined where plan or pass or activity or abort or stock or keep or stocked or unstock was due/,
    ],
    ['of an unknown type', { ...pass, change: edit({ type: 'weights' }) }, /sent weights where plan or pass or/],
    ['of a known type that is not due', { ...pass, change: raw('{"type":"hello"}') }, /sent hello where plan or pass/],
    ['accepted without a field', { ...accepted, change: edit({ used: undefined }) }, /malformed accepted: used: /],
    ['accepted with too much', { ...accepted, change: edit({ model: 'x' }) }, /malformed accepted: .*"model"/],
    ['accepted of another pass', { ...accepted, change: edit({ pass: 9 }) }, /accepted pass 9 where pass 5 was due/],
    ['dealing without a field', { ...dealing, change: edit({ texts: undefined }) }, /malformed dealing: texts: /],
    ['dealing of other sizes', { ...dealing, change: edit({ texts: 5 }) }, /dealer deals 2 × 5 sequences for pass 5/],
    ['dealing of another pass', { ...dealing, change: edit({ pass: 6 }) }, /dealer deals 2 × 2 sequences for pass 6/],
    [
      'to the dealer, of a pass that is not due',
      { from: 'data owner', to: 'dealer', when: control('pass', { pass: SPOILED }), change: edit({ pass: 6 }) },
      /asked for pass 6 where pass 5 was due/,
    ],
    [
      'to the dealer, with a huge count',
      { from: 'data owner', to: 'dealer', when: control('pass', { pass: SPOILED }), change: edit({ texts: 1e9 }) },
      /the data owner sent a malformed pass: texts: /,
    ],
  ])('%s ends the session and nothing of the pass is used', (_, fault, message) => expectEnd(fault, message));
});

describe('the beginning', () => {
  const other = 'ab'.repeat(32);
  const shape = { tokens: settings.tokens, answer: 5, columns: 2, deep: false, slots: 3 };

  it.each<[string, Fault, RegExp]>([
    [
      'another version of the protocol',
      { ...fromModel, when: control('hello'), change: edit({ protocol: 99 }) },
      /speaks version \d+ of the protocol, the model owner version 99/,
    ],
    [
      'another role',
      { ...fromModel, when: control('hello'), change: edit({ role: 'data-owner' }) },
      /the other side is a data-owner; the model owner was expected/,
    ],
    [
      'a hello with too much',
      { ...fromData, when: control('hello'), change: edit({ texts: ['a'] }) },
      /malformed hello: .*"texts"/,
    ],
    [
      'a second hello of the model owner',
      { ...fromModel, when: control('manifest'), change: raw('{"type":"hello","protocol":1,"role":"model-owner"}') },
      /the model owner sent hello where manifest was due/,
    ],
    [
      'a second hello of the data owner',
      { ...fromData, when: control('plan'), change: raw('{"type":"hello","protocol":1,"role":"data-owner"}') },
      /the data owner sent hello where plan or pass or activity or abort or stock or keep or stocked or unstock was due/,
    ],
    [
      'a second hello to the dealer',
      {
        from: 'model owner',
        to: 'dealer',
        when: control('deal'),
        change: raw('{"type":"hello","protocol":1,"role":"model-owner"}'),
      },
      /the model owner sent hello where deal was due/,
    ],
    [
      'a manifest without its tokenizer',
      { ...fromModel, when: control('manifest'), change: edit({ tokenizer: undefined }) },
      /malformed manifest: tokenizer: /,
    ],
    [
      'a manifest with an impossible model',
      {
        ...fromModel,
        when: control('manifest'),
        change: edit({ config: { ...JSON.parse(config), num_attention_heads: 3 } }),
      },
      /malformed manifest: config: hidden_size must be a multiple/,
    ],
    [
      'a manifest of more public tensors than its model has',
      { ...fromModel, when: control('manifest'), change: edit({ publicBytes: 1e12 }) },
      /offers 1000000000000 bytes of public tensors; its config.json allows \d+/,
    ],
    [
      'a manifest of more public tensors than a tab takes',
      {
        ...fromModel,
        when: control('manifest'),
        change: edit({ publicBytes: 3e9, config: { ...JSON.parse(config), vocab_size: 1e6, hidden_size: 1024 } }),
      },
      /offers 3000000000 bytes of public tensors; a tab takes 2147483648 at most: use a model with a smaller vocabulary/,
    ],
    [
      'public tensors of another length',
      { ...fromModel, when: (f) => f.kind === TENSOR, change: (f) => f.with(f.body.slice(0, -4)) },
      /sent \d+ bytes of tensor where \d+ of public tensors were due/,
    ],
    [
      'a plan of another digest',
      { ...fromData, when: control('plan'), change: edit({ digest: other }) },
      /the two sides plan differently/,
    ],
    [
      'a plan of another shape',
      { ...fromData, when: control('plan'), change: edit({ shape: { ...shape, tokens: 17 } }) },
      /the two sides plan differently/,
    ],
    [
      'a plan that opens the state instead of label words',
      { ...fromData, when: control('plan'), change: edit({ shape: { ...shape, columns: 0 } }) },
      /the two sides plan differently/,
    ],
    [
      'a plan of a huge shape',
      { ...fromData, when: control('plan'), change: edit({ shape: { ...shape, tokens: 1e6 } }) },
      /malformed plan: shape.tokens: /,
    ],
    [
      'a plan with more in its shape than a shape',
      { ...fromData, when: control('plan'), change: edit({ shape: { ...shape, ids: [5, 6] } }) },
      /malformed plan: shape: .*"ids"/,
    ],
    [
      'a pass before a plan',
      { ...fromData, when: control('plan'), change: raw('{"type":"pass","pass":1,"candidates":2,"texts":2}') },
      /asked for a pass before a plan/,
    ],
    [
      "an answer of another plan's digest",
      { ...fromModel, when: control('planned'), change: edit({ digest: other }) },
      /the two sides plan differently/,
    ],
    [
      "a data owner's plan that is not the dealer's",
      { from: 'data owner', to: 'dealer', when: control('deal'), change: edit({ digest: other }) },
      /the data owner's plan differs from the dealer's/,
    ],
    [
      "a model owner's plan that is not the dealer's",
      { from: 'model owner', to: 'dealer', when: control('deal'), change: edit({ digest: other }) },
      /the model owner's plan differs from the dealer's/,
    ],
    [
      'a data owner that tells the dealer more than it takes',
      {
        from: 'data owner',
        to: 'dealer',
        when: control('deal'),
        change: (frame) => edit({ config: { ...(frame.json.config as object), name: 'clinic' } })(frame),
      },
      /the data owner tells the dealer more of the model than dealing takes/,
    ],
    [
      'a seed that is too short',
      { from: 'dealer', to: 'data owner', when: control('seed'), change: edit({ seed: 'ab'.repeat(31) }) },
      /the dealer sent a malformed seed: seed: /,
    ],
    [
      'a seed that is too long',
      { ...dealt, when: control('seed'), change: edit({ seed: 'ab'.repeat(33) }) },
      /the dealer sent a malformed seed: seed: /,
    ],
    [
      'masked matrices of another length',
      { ...fromModel, when: ring(0), change: (f) => f.with(f.body.slice(4)) },
      /the model owner sent \d+ bytes for round 0; it should be \d+/,
    ],
  ])('with %s ends the session before anything is computed', (_, fault, message) => expectNoStart(fault, message));

  it.each([
    ['label words', { columns: 900 }, 900],
    ['a whole state', { columns: 0 }, 16],
  ])(
    'refuses a run that would open more numbers of a sequence than are let, as %s, and the session lives on',
    async (_, asked, numbers) => {
      let spoiled = false;
      const session = await openSession({
        mostOfSequence: 2,
        peer: {
          tamper: (chunk, from) => {
            const frame = new Frame(chunk);
            if (spoiled || from !== 0 || !control('plan')(frame)) return chunk;
            spoiled = true;
            return edit({ shape: { ...shape, ...asked } })(frame);
          },
        },
      });
      await session.dataOwner.connect();
      session.prepare(chosen);
      await expect(session.dataOwner.train()).rejects.toThrow(
        `this run would open ${numbers} numbers of every text, and the model owner lets 2 be opened`,
      );
      expect(session.find('model', 'pass')).toEqual([]);
      expect(session.find('model', 'progress').at(-1)!.label).toMatch(/was refused; you let 2 be opened/);
      await session.dataOwner.train();
      expect(session.find('data', 'finished')).toHaveLength(1);
    },
  );

  it('refuses a pass above what is computed at once, and the session lives on', async () => {
    const [line] = lineOf({ ...fromData } as Fault);
    let spoiled = false;
    const session = await openSession({
      [line]: {
        tamper: (chunk, from) => {
          const frame = new Frame(chunk);
          if (spoiled || from !== 0 || !control('pass')(frame)) return chunk;
          spoiled = true;
          return edit({ texts: 5000 })(frame);
        },
      } satisfies MemoryOptions,
    });
    await session.dataOwner.connect();
    session.prepare(chosen);
    await expect(session.dataOwner.train()).rejects.toThrow(/5000 sequences is too large; 4096 is the most/);
    expect(session.dataOwner.saved).toBeUndefined();
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
  });
});
