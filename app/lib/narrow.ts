/** Whether a page has one column (styles/layout.css): what is rarely needed then comes folded. */
export const isNarrow = (): boolean => matchMedia('(max-width: 959px)').matches;
