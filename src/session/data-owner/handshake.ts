/** The data owner's side of the handshake: until the model's public part is here and checked. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { architectureOf } from '../../models/architectures';
import { memoryBytes } from '../../models/byte-source';
import type { ModelConfig } from '../../models/config';
import type { Embedding } from '../../models/embedding';
import { cardOf, checkPublic } from '../../models/own-model';
import { openSafetensors } from '../../models/safetensors';
import { loadTokenizer, type TextTokenizer } from '../../models/tokenizer';
import { type Channel, ProtocolError } from '../../net/channel';
import { MOST_BODY } from '../../net/frames';
import type { SavedFor } from '../../tuning/saved';
import type { Offer } from '../choices';
import type { Connection } from '../connection';
import { type Control, greet, receiveControl } from '../control';
import { MOST_PUBLIC } from '../limits';
import type { Limits, SessionEvent } from '../messages';

/** The public part of a model: what the data owner embeds with. */
export interface OfferedModel {
  config: ModelConfig;
  tokenizer: TextTokenizer;
  embedding: Embedding;
  /** Numbers that its owner lets be opened: of a sequence, and, when it was offered, in the session. */
  limits: Limits;
  /** SHA-256 of all of it as it came, in hexadecimal: which model files of results are of. */
  digest: string;
  /** The stock that its owner has a half of; see the manifest. */
  stock: Control<'manifest'>['stock'];
}

/** What methods and readings are chosen by. */
export const offerOf = ({ config, limits }: OfferedModel): Offer => ({
  task: config.task,
  hidden: config.hidden_size,
  mostOfSequence: limits.sequence,
});

/** What a file of this model's results says of it. */
export const savedFor = ({ config, digest }: OfferedModel): SavedFor => ({ model: config.name, digest });

/** Bytes of a safetensors file besides its tensors: names and shapes. */
const MOST_HEADER = 2 ** 20;

/** Rejects with what is wrong with what the model owner offers, or ChannelClosed. Ends with the event `ready`. */
export async function receiveModel(
  { peer, dealer, unhurried }: Connection,
  emit: (event: SessionEvent) => void,
): Promise<OfferedModel> {
  // Its owner may take a while to choose one.
  await Promise.all([greet(unhurried, 'data-owner', 'model-owner'), greet(dealer, 'data-owner', 'dealer')]);
  const { config, tokenizer, publicBytes, limits, stock } = await receiveControl(peer, 'the model owner', 'manifest');
  const card = cardOf(config);
  const most = 4 * card.publicParameters + MOST_HEADER;
  if (publicBytes > most) {
    throw new ProtocolError(
      `the model owner offers ${publicBytes} bytes of public tensors; its config.json allows ${most}`,
    );
  }
  if (publicBytes > MOST_PUBLIC) {
    throw new ProtocolError(
      `the model owner offers ${publicBytes} bytes of public tensors; a tab takes ${MOST_PUBLIC} at most: use a model with a smaller vocabulary`,
    );
  }
  const file = await receiveTensors(peer, publicBytes, (done) =>
    emit({ type: 'progress', label: 'Receiving the public part of the model', done, total: publicBytes }),
  );
  const source = await openSafetensors(memoryBytes(file));
  const embedding = await architectureOf(config).embedding(config, source);
  await checkPublic(config, source);
  emit({ type: 'ready', model: card, limits });
  const digest = digestOf(config, tokenizer, file);
  return { config, tokenizer: loadTokenizer(tokenizer, config), embedding, limits, digest, stock };
}

function digestOf(config: ModelConfig, tokenizer: string, tensors: Uint8Array): string {
  const hash = sha256.create();
  // Lengths, so that nothing can move from one part to the next.
  const texts = [JSON.stringify(config), tokenizer].map((text) => new TextEncoder().encode(text));
  for (const part of [...texts, tensors]) hash.update(new TextEncoder().encode(`${part.length}:`)).update(part);
  return bytesToHex(hash.digest());
}

/** A file of known size in messages that are as long as a message may be, but for the last. */
async function receiveTensors(peer: Channel, bytes: number, onProgress: (done: number) => void): Promise<Uint8Array> {
  const file = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const due = Math.min(MOST_BODY, bytes - at);
    const { kind, body } = await peer.receive();
    if (kind !== 'tensor' || body.length !== due) {
      throw new ProtocolError(
        `the model owner sent ${body.length} bytes of ${kind} where ${due} of public tensors were due`,
      );
    }
    file.set(body, at);
    at += body.length;
    onProgress(at);
  }
  return file;
}
