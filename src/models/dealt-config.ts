/**
 * What the dealer is told of a model: as much of its configuration as a run's plan takes, and nothing in it that was fitted.
 *
 * What is dealt depends on shapes, on moduli, on which harmonics gates have and how wide exponentials' windows may be. Moduli follow from how many bits a range has in front of the
 * point, and from periods, which are powers of two. So it is a configuration like any other, from which the dealer plans as the parties do,
 * with powers of two for ranges and one amplitude for all coefficients.
 */
import type { GateFit } from '../graph/functions';
import { magnitude } from '../mpc/planner';
import type { PassShape } from './architecture';
import { calibrationOf } from './calibration';
import type { LayerGroups, ModelConfig } from './config';
import { planModel } from './plan-model';

/** Instead of every coefficient that is not zero: so small that no gate finds it too large. */
const AMPLITUDE = 2 ** -20;

const harmonicsAlone = ({ period, window, cos, sin }: GateFit): GateFit => ({
  period,
  constant: 0,
  cos: cos.map((a, i) => (a === 0 && (sin[i] ?? 0) === 0 ? 0 : AMPLITUDE)),
  sin: sin.map((b, i) => (b === 0 || i < cos.length ? 0 : AMPLITUDE)),
  ...(window && { window }),
});

/** As it was read, in its order: who is told it compares it with what it would be told. */
const withoutEighths = (layer: LayerGroups): LayerGroups => ({
  ...layer,
  heads: layer.heads.map((group) => (group.near ? { ...group, near: group.near.map(() => [0, 0, 0]) } : group)),
});

/** Of one run's shape; of what it returns, the same. Throws PlanError for what cannot be planned. */
export function dealtConfig(config: ModelConfig, shape: PassShape): ModelConfig {
  const ranges: Record<string, [number, number]> = {};
  const gates: Record<string, GateFit> = {};
  const known = calibrationOf(config);
  planModel(config, shape, {
    range(name) {
      const range = known.range(name);
      // Its margin leaves it as many bits.
      const half = 2 ** (magnitude(range) - 1);
      ranges[name] = [-half, half];
      return range;
    },
    polynomial(gate, index) {
      const polynomial = known.polynomial(gate, index);
      if (config.gates?.[gate.whole]) gates[gate.whole] = harmonicsAlone(polynomial);
      return polynomial;
    },
  });
  const { trigonometric, groups } = config;
  return {
    ...config,
    name: config.model_type,
    denominator_offset: 0,
    ...(trigonometric && { trigonometric: harmonicsAlone(trigonometric) }),
    ...(groups && { groups: groups.map(withoutEighths) }),
    ranges,
    gates,
  };
}
