import { networkTime, withoutDealer } from '../../lib/network-time';
import { useDistance } from '../../stores/distance';
import type { Prepared } from '../../stores/preparation';
import { useStock } from '../../stores/stock';

/** Of the whole run, and on what that is reckoned; where all of its passes are prepared ahead, without the dealer's part. */
export function useNetworkTime({ estimate, ahead }: Prepared): ReturnType<typeof networkTime> {
  const measured = useDistance();
  const kept = useStock((state) => state.kept);
  const isCovered =
    kept?.kind === ahead.kind && kept.passes * kept.sequences >= ahead.passes * ahead.sequences && ahead.passes > 0;
  return networkTime(
    isCovered ? withoutDealer({ ...estimate, ...ahead.total }) : { ...estimate, ...estimate.total },
    measured,
  );
}
