/** One dealer, one session. Knows of no socket, no code and no other session. */
import { createBackend } from '../src/compute/create';
import { runDealer } from '../src/session/dealer';
import { work } from './work';

/** Strangers share this process's memory: several sessions of a built-in model fit many times over. */
const MOST_BYTES = 2 ** 30;

work(async (parties) => {
  // Sessions are what runs side by side here.
  const { backend } = await createBackend('auto', 1);
  await runDealer(parties, { backend, mostBytes: MOST_BYTES });
});
