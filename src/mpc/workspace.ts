/**
 * What a role remembers of a plan's nodes while it walks it, and a backend that forgets everything else.
 *
 * Device memory is not garbage collected. Operations read like formulas because every vector they make is noted here and given back
 * after the node, unless the node kept it; what was kept is given back when the plan says that nobody needs it any more.
 */
import type { Backend, Vector } from '../compute/backend';
import type { Plan, PlanNode } from './plan';

const isVector = (x: unknown): x is Vector => typeof x === 'object' && x !== null && 'words' in x && 'n' in x;

export class Workspace {
  /** The backend, with every vector it makes noted. What a node releases early, of its own, is forgotten. */
  readonly backend: Backend;
  private readonly made = new Set<Vector>();
  private readonly stored = new Map<number, Map<string, Vector>>();
  /** How many names a vector has: a reshaped tensor is the same vector. */
  private readonly names = new Map<Vector, number>();

  constructor(private readonly device: Backend) {
    this.backend = new Proxy(device, {
      get: (target, key) => {
        const verb = Reflect.get(target, key);
        if (typeof verb !== 'function') return verb;
        if (key === 'release') {
          return (v: Vector) => {
            this.made.delete(v);
            target.release(v);
          };
        }
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(verb, target, args);
          if (isVector(result)) this.made.add(result);
          return result;
        };
      },
    });
  }

  /** Treats a vector that came from elsewhere as made by the running node. */
  adopt(v: Vector): Vector {
    this.made.add(v);
    return v;
  }

  /** The caller's from now on, to give back or to have adopted again. */
  take(v: Vector): Vector {
    this.made.delete(v);
    return v;
  }

  store(node: PlanNode, name: string, v: Vector): void {
    const names = this.stored.get(node.id) ?? new Map<string, Vector>();
    this.stored.set(node.id, names.set(name, v));
    this.names.set(v, (this.names.get(v) ?? 0) + 1);
  }

  get(node: PlanNode, name: string): Vector {
    const v = this.stored.get(node.id)?.get(name);
    if (!v) throw new Error(`${node.kind} ${node.name} has no ${name} yet`);
    return v;
  }

  /** After a node's work: gives back what it made and did not keep. */
  tidy(): void {
    for (const v of this.made) if (!this.names.has(v)) this.device.release(v);
    this.made.clear();
  }

  /** After a node is done: forgets the nodes that it was the last to need. */
  finish(node: PlanNode, plan: Plan): void {
    for (const id of plan.releases.get(node.id) ?? []) this.forget(id);
  }

  clear(): void {
    this.tidy();
    for (const id of [...this.stored.keys()]) this.forget(id);
  }

  private forget(id: number): void {
    for (const v of this.stored.get(id)?.values() ?? []) {
      const names = this.names.get(v)! - 1;
      if (names > 0) {
        this.names.set(v, names);
      } else {
        this.names.delete(v);
        // What was made just now may still be on its way out; `tidy` gives it back.
        if (!this.made.has(v)) this.device.release(v);
      }
    }
    this.stored.delete(id);
  }
}
