/** A dealer for tests: does what the first message of the data owner says. */
import { work } from '../../server/work';
import { MOST_BODY } from '../../src/net/frames';

const LONGEST = new Uint8Array(MOST_BODY);

work(async ({ dataOwner, modelOwner, reserve }) => {
  for (;;) {
    const message = await dataOwner.receive();
    const order = new TextDecoder().decode(message.body.subarray(0, 16));
    if (order === 'finish') return;
    if (order === 'crash') throw new Error('out of randomness');
    if (order === 'exit') process.exit(3);
    if (order === 'ignore') await new Promise(() => {});
    // As long as the model owner reads; the data owner hears how often that was.
    for (let round = 0; order === 'flood'; round++) {
      await modelOwner.send({ kind: 'ring', pass: 0, round, body: LONGEST });
      await dataOwner.send({ kind: 'control', pass: 0, round, body: new Uint8Array(1) });
    }
    const [, megabytes] = /^reserve (\d+)/.exec(order) ?? [];
    if (megabytes) await reserve(Number(megabytes) * 2 ** 20);
    if (order === 'compute') {
      const until = performance.now() + 2500;
      while (performance.now() < until);
    }
    await Promise.all([dataOwner.send(message), modelOwner.send(message)]);
  }
});
