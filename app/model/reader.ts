/** The page's end of the reader of models. */
import type { HubProgress } from '../../src/models/hub';
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
  makeWorker?(): Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;
}

const ownWorker = () => new Worker(new URL('./reader.worker.ts', import.meta.url), { type: 'module' });

/** Rejects with what is wrong with the model, to be shown; with the signal's reason when it aborts. */
export function read(
  request: ReaderRequest,
  { signal, onProgress, makeWorker = ownWorker }: ReadOptions,
): Promise<ReadModel> {
  signal.throwIfAborted();
  const worker = makeWorker();
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(deadline);
    worker.terminate();
  };
  return new Promise<ReadModel>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onmessage = ({ data }: MessageEvent<ReaderReply>) => {
      if (data.type === 'progress') onProgress?.(data.progress);
      else if (data.type === 'model') resolve(data.model);
      else if (data.type === 'problem') reject(new Error(data.message));
      else deadline = setTimeout(() => reject(new Error(RAN_AWAY)), TOKENIZER_SECONDS * 1000);
    };
    worker.onerror = (event) => {
      // Out of memory is the likely cause.
      const why = 'message' in event && event.message ? event.message : 'the browser stopped the reader';
      reject(new Error(`The model could not be read: ${why}.`));
    };
    worker.postMessage(request);
  }).finally(end);
}
