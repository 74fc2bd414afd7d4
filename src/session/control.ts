/**
 * The session's own messages: small JSON beside the protocol's bytes, every one checked on arrival.
 *
 * Order of a session. Each pair of sides greets (`hello`); the model owner offers its `manifest` and public tensors; then for every run the
 * data owner proposes a `plan` of shapes, all three sides build it and compare its digest (the dealer: of the part that it has), the dealer
 * hands out fresh seeds, and passes follow; or a `stock` of passes is dealt ahead, of which later runs take theirs. What the model owner is told of a run is exactly what `shapeSchema` has, and the dealer no more.
 */
import { z } from 'zod';
import { configSchema } from '../models/config';
import { firstIssue } from '../models/json-file';
import { type Channel, type Message, ProtocolError } from '../net/channel';
import { MOST_GENERATION, MOST_PASSES, MOST_TOKENS } from './limits';

/** Raised by any change of what is sent. */
export const PROTOCOL_VERSION = 13;

const count = z.number().int().min(1);
const index = z.number().int().min(0);

export const shapeSchema = z.strictObject({
  tokens: count.max(MOST_TOKENS),
  answer: index,
  /** Label words; none: all that they would be read out of is opened, as always of a sentence encoder. */
  columns: index.max(1000),
  deep: z.boolean(),
  /** Tokens of a prompt that is given apart from texts; none where there is no prompt, or texts have it in them. */
  slots: index.max(MOST_TOKENS),
  /** The dealer sends its corrections to the model owner alone; by default half of them to either party. */
  dealtTo: z.literal('model-owner').optional(),
});

/** What of a run is not private. */
export type RunShape = z.infer<typeof shapeSchema>;

export const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** 16 random bytes in hexadecimal. */
export const stockId = z.string().regex(/^[0-9a-f]{32}$/);

/** Of a stock, at most. */
const passCount = count.max(MOST_PASSES);

/** Passes of a stock, from the first to before the last. */
const range = { from: count, to: count };

/** Of a pass: a `PassSize`. */
const passSize = { candidates: count.max(MOST_GENERATION), texts: count.max(MOST_GENERATION) };

/** Strict: a field that nobody asked for may be one that nobody should see. */
const schemas = {
  hello: z.strictObject({ protocol: z.number(), role: z.enum(['data-owner', 'model-owner', 'dealer']) }),
  manifest: z.strictObject({
    config: configSchema,
    tokenizer: z.string(),
    publicBytes: count,
    privateParameters: count,
    /** Numbers that may be opened: of a sequence, and as the owner has it now in all, without those that were. */
    limits: z.strictObject({ sequence: count, session: index }),
    /** The stock that this side has a half of under this invitation; `held`: another tab has it open. */
    stock: z.union([stockId, z.literal('held')]).optional(),
  }),
  /** `stock`: what the data owner has a half of, where it fits this run. */
  plan: z.strictObject({ shape: shapeSchema, digest, stock: z.strictObject({ id: stockId, ...range }).optional() }),
  /** The parties to the dealer: `dealtConfig`, and `dealingDigest`. */
  deal: z.strictObject({ config: configSchema, shape: shapeSchema, digest }),
  /** `most`: sequences that a side can take in one pass. */
  /** `stock`: the passes that both sides have; without it the dealer deals. */
  planned: z.strictObject({ digest, most: count, stock: z.strictObject(range).optional() }),
  /** The data owner asks for so many passes to be dealt ahead, in place of those that there are. */
  stock: z.strictObject({ id: stockId, shape: shapeSchema, digest, sequences: count, passes: passCount }),
  /** As large as the model owner takes them, and as many as it has room for. Both sides cut these to what the dealer takes. */
  stocking: z.strictObject({ sequences: count, passes: passCount }),
  /**
   * The data owner has asked the dealer for a pass; the model owner keeps it, and says so when it is on its disk. Pass 0: both are about to
   * exchange masked matrices, for all runs that take such passes.
   */
  keep: z.strictObject({ pass: index }),
  kept: z.strictObject({ pass: index, more: z.boolean() }),
  /** The data owner asks for no more of them; to the dealer: it may forget the seeds that it drew. */
  stocked: z.strictObject({}),
  /** The data owner has thrown its half away, or lost it. */
  unstock: z.strictObject({}),
  seed: z.strictObject({ seed: digest, most: count }),
  pass: z.strictObject({ pass: count, ...passSize }),
  /** `used`, with this pass, and `budget` are numbers opened in all sessions under this invitation. */
  accepted: z.strictObject({ pass: count, used: index, budget: index }),
  refused: z.strictObject({ reason: z.string().max(2000) }),
  /** The dealer to the model owner, before its corrections; the data owner has asked for them. */
  dealing: z.strictObject({ pass: count, ...passSize }),
  /** A party cannot finish what the two are at; the other answers, and the data owner begins anew. */
  abort: z.strictObject({ reason: z.string().max(200) }),
  aborted: z.strictObject({}),
  /** The data owner says what it is doing, so that nobody wonders why nothing comes. */
  activity: z.strictObject({ state: z.enum(['training', 'paused', 'finished']) }),
};

/** What a data owner is doing. */
export type PeerActivity = Control<'activity'>['state'];

export type ControlType = keyof typeof schemas;
export type Control<T extends ControlType> = z.infer<(typeof schemas)[T]>;
export type AnyControl = { [T in ControlType]: { type: T } & Control<T> }[ControlType];

/** Bytes; the longest by far is a manifest with its tokenizer. */
const LONGEST_CONTROL = 2 ** 26;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function sendControl<T extends ControlType>(channel: Channel, type: T, value: Control<T>): Promise<void> {
  return channel.send({ kind: 'control', pass: 0, round: 0, body: encoder.encode(JSON.stringify({ type, ...value })) });
}

/** Checks a message against the types allowed here. Throws ProtocolError naming the sender, what came and what was due. */
export function readControl<T extends ControlType>(
  message: Message,
  from: string,
  ...allowed: T[]
): AnyControl & { type: T } {
  const due = allowed.join(' or ');
  if (message.body.length > LONGEST_CONTROL) {
    throw new ProtocolError(
      `${from} sent a control message of ${message.body.length} bytes; ${LONGEST_CONTROL} is the most`,
    );
  }
  if (message.kind !== 'control')
    throw new ProtocolError(`${from} sent a ${message.kind} message where ${due} was due`);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(message.body));
  } catch {
    throw new ProtocolError(`${from} sent a control message that is not JSON where ${due} was due`);
  }
  const { type, ...fields } = (value ?? {}) as { type?: unknown };
  if (typeof type !== 'string' || !(allowed as string[]).includes(type)) {
    throw new ProtocolError(`${from} sent ${String(type).slice(0, 40)} where ${due} was due`);
  }
  const result = schemas[type as T].safeParse(fields);
  if (!result.success) throw new ProtocolError(`${from} sent a malformed ${type}: ${firstIssue(result.error)}`);
  return { ...result.data, type } as AnyControl & { type: T };
}

export async function receiveControl<T extends ControlType>(channel: Channel, from: string, ...allowed: T[]) {
  return readControl(await channel.receive(), from, ...allowed);
}

/** Both sides say who they are and which protocol they speak. Throws ProtocolError when they do not fit together. */
export async function greet(
  channel: Channel,
  role: Control<'hello'>['role'],
  expected: Control<'hello'>['role'],
): Promise<void> {
  await sendControl(channel, 'hello', { protocol: PROTOCOL_VERSION, role });
  const name = `the ${expected.replace('-', ' ')}`;
  const hello = await receiveControl(channel, name, 'hello');
  if (hello.protocol !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      `this side speaks version ${PROTOCOL_VERSION} of the protocol, ${name} version ${hello.protocol}: reload both pages`,
    );
  }
  if (hello.role !== expected) throw new ProtocolError(`the other side is a ${hello.role}; ${name} was expected here`);
}
