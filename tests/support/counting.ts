/** For tests of memory only. */
import type { Backend, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';

/** A backend that knows which of its vectors are alive. */
export function counting(): { backend: Backend; alive: Set<Vector> } {
  const alive = new Set<Vector>();
  const backend = new Proxy<Backend>(new CpuBackend(), {
    get(target, key) {
      const verb = Reflect.get(target, key);
      if (typeof verb !== 'function') return verb;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(verb, target, args);
        if (key === 'release') alive.delete(args[0] as Vector);
        else if (typeof result === 'object' && result !== null && 'words' in result) alive.add(result as Vector);
        return result;
      };
    },
  });
  return { backend, alive };
}
