/** The JavaScript kernels against the formulas in BigInt, and what they refuse. */
import { describe } from 'vitest';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { behavesAsBackend } from './behaviour';

describe('CPU backend', () => behavesAsBackend(new CpuBackend()));
