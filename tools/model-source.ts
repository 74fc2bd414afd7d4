/** Where pages take a model from that a person names. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { builtInNames } from './built-ins';
import type { ModelSource } from './two-tabs';

/** A built-in model, a folder, or a name on the hub. */
export function modelSource(name: string): ModelSource {
  if (builtInNames.includes(name)) return name;
  return existsSync(name) ? { folder: resolve(name) } : { hub: name };
}
