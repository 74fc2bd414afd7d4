/** Which method a model is tuned by. */
import type { Task } from '../../../models/config';
import type { OfferedModel } from '../handshake';
import { HEAD } from './head';
import type { Method } from './method';
import { PROMPT } from './prompt';

const METHODS: { readonly [K in Task]: Method } = { 'masked-lm': PROMPT, 'causal-lm': PROMPT, embedding: HEAD };

export const methodFor = ({ config }: OfferedModel): Method => METHODS[config.task];
