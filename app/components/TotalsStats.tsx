import { formatBytes, formatCount } from '../lib/format';
import { useTraffic } from '../stores/traffic';
import { Stat, Stats } from './Stats';

/** Everything counted so far in this session. */
export function TotalsStats() {
  const { rounds, bytes, sequences } = useTraffic((traffic) => traffic.totals);
  return (
    <Stats>
      <Stat name="sequences" testId="total-sequences">
        {formatCount(sequences)}
      </Stat>
      <Stat name="rounds" testId="total-rounds">
        {formatCount(rounds)}
      </Stat>
      <Stat name="to the model owner" testId="total-to-model-owner">
        {formatBytes(bytes.toModelOwner)}
      </Stat>
      <Stat name="to the data owner" testId="total-to-data-owner">
        {formatBytes(bytes.toDataOwner)}
      </Stat>
      <Stat name="dealt" testId="total-dealt">
        {formatBytes(bytes.dealt)}
      </Stat>
    </Stats>
  );
}
