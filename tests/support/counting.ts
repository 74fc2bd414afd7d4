/** For tests of memory only. */
import type { Backend, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { harness } from '../../tools/three-roles';

/** A backend that knows which of its vectors are alive, and how many bytes all together were at most. */
export function counting(): { backend: Backend; alive: Set<Vector>; most(): number } {
  const alive = new Set<Vector>();
  let [held, most] = [0, 0];
  const bytesOf = ({ n, words }: Vector) => 4 * n * words;
  const backend = new Proxy<Backend>(new CpuBackend(), {
    get(target, key) {
      const verb = Reflect.get(target, key);
      if (typeof verb !== 'function') return verb;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(verb, target, args);
        if (key === 'release') {
          const released = args[0] as Vector;
          if (alive.delete(released)) held -= bytesOf(released);
        } else if (typeof result === 'object' && result !== null && 'words' in result && !alive.has(result as Vector)) {
          alive.add(result as Vector);
          held += bytesOf(result as Vector);
          most = Math.max(most, held);
        }
        return result;
      };
    },
  });
  return { backend, alive, most: () => most };
}

/** The three roles on such backends: the data owner's, the model owner's and the dealer's. */
export async function counted() {
  const devices = [counting(), counting(), counting()];
  let next = 0;
  const h = await harness({ backend: () => devices[next++]!.backend });
  return { h, devices };
}
