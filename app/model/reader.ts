/** The page's end of the reader of models. */
import type { HubProgress } from '../../src/models/hub';
import { type AskedWorker, askOnce } from './ask';
import type { ReaderReply, ReaderRequest, ReadModel } from './messages';

/** A tokenizer that is still at a few words after this long would be at the data owner's texts for ever. */
export const TOKENIZER_SECONDS = 5;

const RAN_AWAY =
  `tokenizer.json: a few words took it more than ${TOKENIZER_SECONDS} seconds, as a regular expression does that runs away. ` +
  'Check its normalizer and pre_tokenizer, or choose another model.';

interface ReadOptions {
  signal: AbortSignal;
  onProgress?(progress: HubProgress): void;
  /** For tests. */
  makeWorker?(): AskedWorker;
}

const ownWorker = () => new Worker(new URL('./reader.worker.ts', import.meta.url), { type: 'module' });

/** Rejects with what is wrong with the model, to be shown; with the signal's reason when it aborts. */
export async function read(
  request: ReaderRequest,
  { signal, onProgress, makeWorker = ownWorker }: ReadOptions,
): Promise<ReadModel> {
  signal.throwIfAborted();
  let deadline: ReturnType<typeof setTimeout> | undefined;
  return askOnce<ReaderReply, ReadModel>(makeWorker(), request, {
    signal,
    failure: 'The model could not be read',
    onReply(reply, { resolve, reject }) {
      if (reply.type === 'progress') onProgress?.(reply.progress);
      else if (reply.type === 'model') resolve(reply.model);
      else if (reply.type === 'problem') reject(new Error(reply.message));
      else if (reply.type === 'trying')
        deadline = setTimeout(() => reject(new Error(RAN_AWAY)), TOKENIZER_SECONDS * 1000);
      else clearTimeout(deadline);
    },
  }).finally(() => clearTimeout(deadline));
}
