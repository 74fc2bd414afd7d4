/** A worker that is asked once, and ended with its answer. */

export type AskedWorker = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

export interface Asking<Reply, Answer> {
  signal: AbortSignal;
  /** What could not be done where the worker itself fails: “The model could not be read”. */
  failure: string;
  /** Settles the answer when a reply is the last one. */
  onReply(reply: Reply, settle: { resolve(answer: Answer): void; reject(error: Error): void }): void;
}

/** Rejects as `onReply` says, and with the signal's reason when it aborts: the worker is then gone, whatever it was at. */
export function askOnce<Reply, Answer>(
  worker: AskedWorker,
  request: unknown,
  { signal, failure, onReply }: Asking<Reply, Answer>,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => onReply(data, { resolve, reject });
    worker.onerror = (event) => {
      // Out of memory is the likely cause.
      const why = 'message' in event && event.message ? event.message : 'the browser stopped its worker';
      reject(new Error(`${failure}: ${why}.`));
    };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
