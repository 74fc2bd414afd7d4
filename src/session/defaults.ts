/** What is taken where nothing else is said, for the pages and the command line. */
import { seconds } from '../ring/units';
import { defaultSettings } from './settings';

/** Where there are no data to go by, what is typical of a short text. */
export const DEFAULT_SETTINGS = { ...defaultSettings(), tokens: 24, heldOut: 64 };

/**
 * Numbers that a model owner lets be opened in one session unless it says otherwise: half as many as its model has private parameters,
 * so that there are fewer equations than unknowns. To imitate a model, fewer may do.
 */
export const defaultBudget = (privateParameters: number): number => Math.ceil(privateParameters / 2);

/**
 * Numbers of one sequence that a model owner lets be opened unless it says otherwise: a whole state or vector, of which label words, however many,
 * are products with public numbers.
 */
export const defaultMostOfSequence = (hidden: number): number => hidden;

/** What estimates of network time assume of every connection. */
export const ASSUMED_NETWORK = { bandwidth: 100e6, latency: seconds(0.01), text: '100 Mbit/s and 10 ms one way' };

/**
 * Texts of up to so many tokens are most of what a model is calibrated on. What longer ones open may be wrong, where they are unlike those: the data
 * owner is told.
 */
export const CALIBRATED_TOKENS = 64;
