/** “82.8 %”, and no line ends before the sign. */
export const percent = (fraction: number, digits = 1): string => `${(100 * fraction).toFixed(digits)}\u00a0%`;
