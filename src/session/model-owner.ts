/**
 * The model owner's session: offers a model, then answers passes until its budget is used or the other side leaves.
 *
 * It sends the configuration, the tokenizer and the public tensors; of everything else only masked matrices and shares leave.
 */
import type { Backend } from '../compute/backend';
import { ProtocolError } from '../net/channel';
import type { Party } from '../protocol/party';
import type { Connection } from './connection';
import { greet, receiveControl, sendControl } from './control';
import type { Event } from './messages';
import { cardOf, type OwnModel } from './model-files';
import { beginRun, RunPlans } from './run';
import { Totals } from './totals';

/** The largest batch that is computed at once: what keeps a stranger's request from filling the memory. */
const MOST_SEQUENCES = 4096;

export class ModelOwner {
  private readonly totals = new Totals();
  private used = 0;

  constructor(
    private readonly connection: Connection,
    private readonly backend: Backend,
    private readonly model: OwnModel,
    /** How many sequences are computed at most. */
    public budget: number,
    private readonly emit: (event: Event) => void,
  ) {}

  /** Serves until the session ends; rejects then. */
  async serve(): Promise<never> {
    const { connection, model, emit } = this;
    const { peer, dealer } = connection;
    const { config } = model;
    await Promise.all([greet(peer, 'model-owner', 'data-owner'), greet(dealer, 'model-owner', 'dealer')]);
    const card = cardOf(config);
    await sendControl(peer, 'manifest', {
      config,
      tokenizer: model.tokenizer,
      publicBytes: model.publicTensors.length,
      privateParameters: card.privateParameters,
    });
    await peer.send({ kind: 'tensor', tag: 0, body: model.publicTensors });
    emit({ type: 'ready', model: card });

    let run: { party: Party; plans: RunPlans } | undefined;
    for (;;) {
      const message = await receiveControl(peer, 'the data owner', 'plan', 'pass', 'activity');
      if (message.type === 'activity') {
        if (message.state !== 'training') emit({ type: 'progress', label: ACTIVITY[message.state], done: 1, total: 1 });
      } else if (message.type === 'plan') {
        run?.party.release();
        const plans = new RunPlans(config, message.shape);
        const { digest } = plans;
        if (digest !== message.digest) throw new ProtocolError('the two sides plan differently: reload both pages');
        await sendControl(peer, 'planned', { digest });
        run = { plans, party: await beginRun('model-owner', connection, this.backend, plans, model.weights) };
        this.totals.addSetup(plans.setup);
        emit(this.totals.event);
      } else {
        if (!run) throw new ProtocolError('the data owner asked for a pass before a plan');
        await this.pass(run, message);
      }
    }
  }

  private async pass(run: { party: Party; plans: RunPlans }, { pass, sequences }: { pass: number; sequences: number }) {
    const { emit } = this;
    const { peer, dealer } = this.connection;
    if (pass !== run.party.nextPass) {
      throw new ProtocolError(`the data owner asked for pass ${pass} where pass ${run.party.nextPass} was due`);
    }
    if (sequences > MOST_SEQUENCES) {
      await sendControl(peer, 'refused', {
        reason: `a pass of ${sequences} sequences is too large; ${MOST_SEQUENCES} is the most`,
      });
      return;
    }
    if (this.used + sequences > this.budget) {
      const left = Math.max(0, this.budget - this.used);
      const reason = `the model owner's budget of ${this.budget} sequences is used up: ${left} are left, this pass needs ${sequences}. Ask the model owner to raise it, then start again.`;
      await sendControl(peer, 'refused', { reason });
      emit({
        type: 'progress',
        label: 'Your budget is used up. Raise it to let the data owner go on.',
        done: this.used,
        total: this.budget,
      });
      return;
    }
    this.used += sequences;
    await sendControl(peer, 'accepted', { pass, used: this.used, budget: this.budget });
    const dealing = await receiveControl(dealer, 'the dealer', 'dealing');
    if (dealing.pass !== pass || dealing.sequences !== sequences) {
      throw new ProtocolError(
        `the dealer deals ${dealing.sequences} sequences for pass ${dealing.pass}; the data owner asked for ${sequences} in pass ${pass}`,
      );
    }
    const { report } = await run.party.run(run.plans.of(sequences));
    this.totals.addPass(report, sequences);
    const { rounds, toModelOwner, toDataOwner, dealt } = report;
    emit({
      type: 'pass',
      sequences,
      tokens: run.plans.shape.tokens,
      budgetUsed: this.used,
      budget: this.budget,
      seconds: report.seconds.total,
      rounds,
      bytes: { toModelOwner, toDataOwner, dealt },
    });
    emit(this.totals.event);
  }
}

const ACTIVITY = {
  paused: 'The data owner has paused training.',
  finished: 'The data owner has finished training.',
};
