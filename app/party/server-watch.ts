/** Whether the server still answers: one that hangs leaves its WebSockets open, and whoever waits would wait for ever. */

const EVERY_MS = 4000;
const ANSWER_MS = 4000;

/** Asks again and again, until `signal` aborts; `tell` hears of every change, the first being that there is no answer. */
export async function watchServer(signal: AbortSignal, tell: (answers: boolean) => void): Promise<void> {
  let before = true;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (signal.aborted) return;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const answers = await fetch('/config.json', { cache: 'no-store', signal: patience }).then(
      () => true,
      () => false,
    );
    if (signal.aborted) return;
    if (answers !== before) tell(answers);
    before = answers;
  }
}
