/** One dealer, one session. Knows of no socket, no code and no other session. */
import { createBackend } from '../src/compute/create';
import { runDealer } from '../src/session/dealer';
import { work } from './work';

work(async ({ dataOwner, modelOwner, mostMemory, reserve }) => {
  // Sessions are what runs side by side here.
  const { backend } = await createBackend('auto', 1);
  await runDealer({ dataOwner, modelOwner }, { backend, mostMemory, reserve });
});
