import { useState } from 'react';
import type { PlannedRound, Role } from '../../src/session/messages';
import { stackedSeries } from '../charts/series';
import { counted, formatBytes, sum } from '../lib/format';
import { keysOf } from '../lib/history';
import { useRounds } from '../stores/rounds';

/** For who opens it: the pass under way, round by round, with the bytes of its plan. */
export function RoundPicture() {
  const [open, setOpen] = useState(false);
  return (
    <details className="card" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="round-picture">
      <summary>What happens in a round</summary>
      {open && <Picture />}
    </details>
  );
}

type Kind = keyof PlannedRound['byKind'];

/** Who tells whom what, and why that shows nothing. */
const KINDS: Record<Kind, string> = {
  mask: 'which tokens are padding, under the data owner’s mask, to the model owner',
  disclose: 'what a matrix is multiplied with, under the data owner’s mask, to the model owner',
  open: 'two private values that are multiplied, under masks that neither knows, to both',
  openPair: 'the same of texts and of prompts, once each for all their pairs',
  lift: 'a value in just the digits that it needs, under a mask that neither knows, to both',
  phase: 'an angle that functions are read from, under a mask that neither knows, to both',
  readout: 'the scores of the label words, which the data owner may see, to it alone',
  reveal: 'the answer, which the data owner may see, to it alone',
};

function Picture() {
  const { rounds, current, sequences } = useRounds();
  if (rounds.length === 0) return <p className="muted">Appears with the first pass.</p>;
  const round = current === undefined ? undefined : rounds[current];
  const last = rounds.length - 1;
  return (
    <div className="stack">
      <p className="small">
        Every number between a text and its answer exists in two halves, one in each tab; either half alone is noise. In
        a round both send each other what is listed below, hidden by random numbers that the dealer gave them, and each
        goes on with its own half.
      </p>
      <div className="round-parties">
        <Holder who="data-owner" title="Data owner" holds="the texts; one half of every number" />
        <div className="round-wire small number">
          <span>{round ? formatBytes(round.toModelOwner) : '–'} →</span>
          <span>← {round ? formatBytes(round.toDataOwner) : '–'}</span>
        </div>
        <Holder who="model-owner" title="Model owner" holds="the weights; the other half" />
      </div>
      <div className="round-dealer">
        <Holder
          who="dealer"
          title="Dealer"
          holds={`random numbers${round ? `, ${formatBytes(round.dealt)} for this round` : ''}; no half of anything`}
        />
      </div>
      <p className="small" data-testid="round-now">
        <strong>
          {current === undefined
            ? `Between two passes; the last one computed ${counted(sequences, 'text')} in ${counted(last, 'round')}.`
            : `Round ${current} of ${last}, of ${counted(sequences, 'text')} at once.`}
        </strong>
      </p>
      <Talk round={round} />
      <Timeline rounds={rounds} current={current} />
    </div>
  );
}

const Holder = ({ who, title, holds }: { who: Role; title: string; holds: string }) => (
  <div className="holder small" data-role={who}>
    <strong>{title}</strong>
    <span>{holds}</span>
  </div>
);

const Talk = ({ round }: { round?: PlannedRound }) => {
  const said = Object.entries(round?.byKind ?? {}) as [Kind, number][];
  if (!round) return null;
  if (said.length === 0)
    return <p className="small muted">Nothing has to be sent yet: each computes on what it has.</p>;
  return (
    <ul className="list small" data-kind="kept">
      {said.map(([kind, bytes]) => (
        <li key={kind}>
          <span className="mono">{kind}</span> {formatBytes(bytes)}: {KINDS[kind]}
        </li>
      ))}
    </ul>
  );
};

/** Height of the tallest column, in the drawing's units; a round is one unit wide. */
const HEIGHT = 40;
/** So that the shortest is seen, too. */
const LEAST = 1;

function Timeline({ rounds, current }: { rounds: readonly PlannedRound[]; current?: number }) {
  const series = stackedSeries(keysOf(rounds.map(({ byKind }) => byKind)));
  const talking = rounds.slice(1);
  const bytes = talking.map(({ byKind }) => sum(Object.values(byKind)));
  const most = Math.max(1, ...bytes);
  return (
    <figure className="stack-tight">
      <svg
        className="timeline"
        viewBox={`0 0 ${talking.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`The ${counted(talking.length, 'round')} of a pass by bytes; the largest has ${formatBytes(most)}.`}
      >
        {talking.map(({ byKind }, i) => {
          let top = HEIGHT;
          return (
            <g key={i} data-state={stateOf(i + 1, current)}>
              {series.map(({ key, color }) => {
                const part = byKind[key as Kind];
                if (!part) return null;
                const height = Math.max(LEAST, (part / most) * HEIGHT);
                top -= height;
                return <rect key={key} x={i + 0.1} y={top} width={0.8} height={height} fill={color} />;
              })}
            </g>
          );
        })}
      </svg>
      <figcaption>
        <ul className="legend">
          {series.map(({ key, name, color }) => (
            <li key={key}>
              <span className="swatch" style={{ ['--swatch' as string]: color }} />
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

const stateOf = (round: number, current: number | undefined): string =>
  current === undefined || round < current ? 'done' : round === current ? 'now' : 'due';
