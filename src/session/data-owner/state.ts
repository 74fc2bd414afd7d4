/**
 * Where the data owner's session stands, and which command is taken when.
 *
 *   idle ⇄ prepared → training → tuned → labelling → tuned
 *          prepared ⇄ stocking ⇄ tuned
 *
 * `prepare` leads from idle, prepared or tuned to what the check finds; a run that ends with something tuned leads to tuned, and one that
 * ends before it has anything to where it came from. `load` leads from all of these to tuned.
 */
import type { Prepared, Training, Tuned } from './methods/method';

export type State =
  /** Nothing that could be trained on. */
  | { is: 'idle' }
  | { is: 'prepared'; prepared: Prepared }
  /** `before`: what an earlier run tuned, for when this one ends without. */
  | { is: 'training'; prepared: Prepared; training: Training; before?: Tuned }
  /** `prepared`: what the next run would train on, if anything. */
  | { is: 'tuned'; tuned: Tuned; prepared?: Prepared }
  | { is: 'labelling'; tuned: Tuned; prepared?: Prepared }
  /** Passes of what is prepared are dealt ahead. */
  | { is: 'stocking'; prepared: Prepared; tuned?: Tuned; isStopped: boolean };

type Named<Is extends State['is']> = Extract<State, { is: Is }>;

/** What each command finds to work with. */
interface Found {
  prepare: { tuned?: Tuned };
  start: { prepared: Prepared; tuned?: Tuned };
  takeUp: { tuned?: Tuned };
  /** Of pause, resume and stop. */
  steer: { training: Training };
  load: { prepared?: Prepared };
  classify: { tuned: Tuned; prepared?: Prepared };
  stock: { prepared: Prepared; tuned?: Tuned };
  /** Throwing away what was dealt ahead. */
  unstock: object;
}

/** Why a command is not taken; without a reason it comes too late to matter and is passed over. */
export class NotNow {
  constructor(readonly reason?: string) {}
}

const AT_WORK = new NotNow('The model is at work; wait or stop it before changing data or settings.');
const UNPREPARED = new NotNow('There is nothing prepared to train on yet.');
const UNTUNED = new NotNow('Train first, or load what was trained before; texts are labelled with it.');
const TRAINING = new NotNow('Training is under way; texts can be labelled when it is done.');
const LABELLING = new NotNow('Texts are being labelled; more can follow when that is done.');
const STOCKING = new NotNow(
  'Passes are being prepared ahead; stop that first, and start then. What is there by then is used.',
);
const PASSED_OVER = new NotNow();

const COMMANDS: {
  readonly [Command in keyof Found]: {
    readonly [Is in State['is']]: (state: Named<Is>) => Found[Command] | NotNow;
  };
} = {
  prepare: {
    idle: () => ({}),
    prepared: () => ({}),
    training: () => AT_WORK,
    tuned: ({ tuned }) => ({ tuned }),
    labelling: () => AT_WORK,
    stocking: () => AT_WORK,
  },
  start: {
    idle: () => UNPREPARED,
    prepared: ({ prepared }) => ({ prepared }),
    training: () => PASSED_OVER,
    tuned: ({ prepared, tuned }) => (prepared ? { prepared, tuned } : UNPREPARED),
    labelling: () => PASSED_OVER,
    stocking: () => STOCKING,
  },
  takeUp: {
    idle: () => ({}),
    prepared: () => ({}),
    training: () => PASSED_OVER,
    tuned: ({ tuned }) => ({ tuned }),
    labelling: () => PASSED_OVER,
    stocking: () => STOCKING,
  },
  steer: {
    idle: () => PASSED_OVER,
    prepared: () => PASSED_OVER,
    training: ({ training }) => ({ training }),
    tuned: () => PASSED_OVER,
    labelling: () => PASSED_OVER,
    stocking: () => PASSED_OVER,
  },
  load: {
    idle: () => ({}),
    prepared: ({ prepared }) => ({ prepared }),
    training: () => AT_WORK,
    tuned: ({ prepared }) => ({ prepared }),
    labelling: () => AT_WORK,
    stocking: () => AT_WORK,
  },
  classify: {
    idle: () => UNTUNED,
    prepared: () => UNTUNED,
    training: () => TRAINING,
    tuned: ({ tuned, prepared }) => ({ tuned, prepared }),
    labelling: () => LABELLING,
    stocking: () => STOCKING,
  },
  stock: {
    idle: () => UNPREPARED,
    prepared: ({ prepared }) => ({ prepared }),
    training: () => AT_WORK,
    tuned: ({ prepared, tuned }) => (prepared ? { prepared, tuned } : UNPREPARED),
    labelling: () => AT_WORK,
    stocking: () => PASSED_OVER,
  },
  unstock: {
    idle: () => ({}),
    prepared: () => ({}),
    training: () => AT_WORK,
    tuned: () => ({}),
    labelling: () => AT_WORK,
    stocking: () => STOCKING,
  },
};

/** What a command finds in this state, or why it is not taken. */
export function find<Command extends keyof Found>(command: Command, state: State): Found[Command] | NotNow {
  const row: { [Is in State['is']]: (state: never) => Found[Command] | NotNow } = COMMANDS[command];
  return row[state.is](state as never);
}

/** With what a check has found; undefined when that was nothing. */
export function withPrepared(prepared: Prepared | undefined, tuned: Tuned | undefined): State {
  if (tuned) return { is: 'tuned', tuned, prepared };
  return prepared ? { is: 'prepared', prepared } : { is: 'idle' };
}
