/** webgpu-utils mentions Float16Array when it is loaded, which browsers of before 2025 and Node before 24 do not have. */
import { Float16Array } from '@petamoriken/float16';

const scope = globalThis as { Float16Array?: unknown };
scope.Float16Array ??= Float16Array;
