import { formatBytes, formatCount } from '../lib/format';
import { useTraffic } from '../stores/traffic';
import { Card } from './Card';
import { Facts } from './Facts';
import { Note } from './Note';

/** Everything counted so far in this session. */
export function Totals() {
  const { rounds, bytes, sequences, numbers, astray, clamped } = useTraffic((traffic) => traffic.totals);
  const budget = useTraffic((traffic) => traffic.passes.at(-1)?.budget);
  const rows: [string, string, string][] = [
    ['Sequences', formatCount(sequences), 'total-sequences'],
    [
      'Numbers opened',
      budget === undefined ? formatCount(numbers) : `${formatCount(numbers)} of ${formatCount(budget)}`,
      'total-numbers',
    ],
    ['Rounds', formatCount(rounds), 'total-rounds'],
    ['To the model owner', formatBytes(bytes.toModelOwner), 'total-to-model-owner'],
    ['To the data owner', formatBytes(bytes.toDataOwner), 'total-to-data-owner'],
    ['From the dealer', formatBytes(bytes.dealt), 'total-dealt'],
  ];
  return (
    <Card title="Exchanged so far">
      <Facts facts={rows} />
      {astray > 0 && (
        <Note tone="warning" testId="astray">
          <p>
            Of {formatCount(sequences)} sequences {formatCount(astray)} came out beyond everything that the model was
            calibrated on, and may well be wrong. Ask the model owner to calibrate it on texts that are more like yours.
          </p>
        </Note>
      )}
      {clamped > 0 && (
        <Note tone="warning" testId="clamped">
          <p>
            {formatCount(clamped)} numbers of your texts’ embeddings or prompts were too large for the run and went into
            it as the largest that are not, so answers may well be wrong. Nobody else sees that. Look for a smaller step
            size of the search, or another model.
          </p>
        </Note>
      )}
    </Card>
  );
}
