/** A dealer for tests: does what the first message of the data owner says. */
import { work } from '../../server/work';

work(async ({ dataOwner, modelOwner }) => {
  for (;;) {
    const message = await dataOwner.receive();
    const order = new TextDecoder().decode(message.body.subarray(0, 16));
    if (order === 'finish') return;
    if (order === 'crash') throw new Error('out of randomness');
    if (order === 'exit') process.exit(3);
    if (order === 'compute') {
      const until = performance.now() + 2500;
      while (performance.now() < until);
    }
    await Promise.all([dataOwner.send(message), modelOwner.send(message)]);
  }
});
