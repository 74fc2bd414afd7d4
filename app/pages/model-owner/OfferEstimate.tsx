import type { PassEstimate } from '../../../src/session/offer-estimate';
import { Facts } from '../../components/Facts';
import { Note } from '../../components/Note';
import { formatBytes, formatCount, formatSeconds, sentence } from '../../lib/format';
import { runTime } from '../../lib/run-time';
import { useDistance } from '../../stores/distance';

/** What a typical pass asks of both sides, known before the model is offered. */
export function OfferEstimate({ estimate }: { estimate: PassEstimate }) {
  const { sequences, tokens, rounds, timeline, toModelOwner, toDataOwner, dealt, memory, setup, problem } = estimate;
  const measured = useDistance();
  const { seconds, basis } = runTime([{ rounds: timeline, sequences, count: 1 }], measured);
  const rows: [string, string][] = [
    ['Memory, on either side', formatBytes(memory)],
    ['Between the two tabs', `${formatBytes(toModelOwner + toDataOwner)} in ${formatCount(rounds)} rounds`],
    ['From the dealer, half to either', formatBytes(dealt)],
    ['Once a run, to the data owner', formatBytes(setup)],
    ['Network time', formatSeconds(seconds)],
  ];
  return (
    <div className="stack-tight" data-testid="offer-estimate">
      <h3>
        A pass of {sequences} texts of {tokens} tokens
      </h3>
      <Facts facts={rows} />
      <p className="small muted">
        Network time: {basis}; computation comes on top and is measured as it runs. Larger passes take more memory, up
        to what each side has, and are cut beyond.
      </p>
      {problem && (
        <Note tone="bad" testId="offer-problem">
          <p>{sentence(problem)}</p>
        </Note>
      )}
    </div>
  );
}
