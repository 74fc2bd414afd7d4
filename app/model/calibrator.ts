/** The page's end of the calibrator. */
import { askOnce } from './ask';
import type { CalibratedModel, CalibrationProgress, CalibratorReply, CalibratorRequest } from './messages';

interface CalibrateOptions {
  /** Ends the work at once. */
  signal: AbortSignal;
  onProgress(progress: CalibrationProgress): void;
}

/** Rejects with what is wrong, to be shown; with the signal's reason when it aborts. */
export async function calibrate(
  request: CalibratorRequest,
  { signal, onProgress }: CalibrateOptions,
): Promise<CalibratedModel> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./calibrator.worker.ts', import.meta.url), { type: 'module' });
  return askOnce<CalibratorReply, CalibratedModel>(worker, request, {
    signal,
    failure: 'The model could not be calibrated',
    onReply(reply, { resolve, reject }) {
      if (reply.type === 'progress') onProgress(reply.progress);
      else if (reply.type === 'calibrated') resolve(reply.model);
      else reject(new Error(reply.message));
    },
  });
}
