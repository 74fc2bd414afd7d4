/**
 * What a model owner does until the first pass, against a peer that discards what it gets: opens the model in a folder (or nothing,
 * without one), sends its public part, runs a session's set-up on the CPU backend. Prints the peak of its resident memory in bytes.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { fileBytes } from '../../src/models/byte-source';
import { foldedWeights, openModel, publicFile } from '../../src/models/own-model';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { DealerPreprocessing } from '../../src/mpc/dealer-preprocessing';
import { Party } from '../../src/mpc/party';
import type { Channel } from '../../src/net/channel';
import { MOST_BODY } from '../../src/net/frames';
import { newSeed } from '../../src/random/seed';
import { SHAPE } from './synthetic';

const [, , folder] = process.argv;
if (folder) await serve(folder);
console.log(await peakBytes());

/** Of resident memory. Linux counts the process that started this one into getrusage's maximum, so its own figure is taken there. */
async function peakBytes(): Promise<number> {
  const status = process.platform === 'linux' ? await readFile('/proc/self/status', 'utf8') : '';
  const [, kilobytes = process.resourceUsage().maxRSS] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) * 1024;
}

async function serve(folder: string): Promise<void> {
  const text = (name: string) => readFile(join(folder, name), 'utf8');
  const handle = await open(join(folder, 'model.safetensors'));
  const weights = fileBytes(handle, (await handle.stat()).size);
  const model = await openModel({
    config: await text('config.json'),
    tokenizer: await text('tokenizer.json'),
    weights: [weights],
  });

  const plan = planModel(model.config, SHAPE);
  const readout = new Uint8Array(costOf(plan).setup.toModelOwner);
  const peer = sink(readout);
  for await (const body of publicFile(model).parts(MOST_BODY))
    await peer.send({ kind: 'tensor', pass: 0, round: 0, body });

  const backend = new CpuBackend();
  const preprocessing = new DealerPreprocessing({ role: 'model-owner', backend, seed: newSeed(), dealer: peer });
  const party = new Party({ role: 'model-owner', backend, peer, preprocessing });
  const names = plan.weights.flatMap(({ name, owner }) => (owner === 'model-owner' ? [name] : []));
  await party.setup(plan, foldedWeights(model, names));
  await handle.close();
}

/** Discards what it gets; what comes is the data owner's masked matrix. */
function sink(body: Uint8Array): Channel {
  const none = { body: { control: 0, ring: 0, tensor: 0 }, wire: 0, messages: 0 };
  return {
    send: async () => {},
    receive: async () => ({ kind: 'ring', pass: 0, round: 0, body }),
    close() {},
    closed: new Promise(() => {}),
    sent: none,
    received: none,
  };
}
