/** In place of a tab's worker: it says what a test has it say, and nothing else. */
export class SilentWorker {
  /** The one that was made last. */
  static last: SilentWorker;
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (event: { message: string }) => void;

  constructor() {
    SilentWorker.last = this;
  }

  postMessage(): void {}
  terminate(): void {}
}
