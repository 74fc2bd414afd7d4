/** “airlineSentiment_v2” → airline, sentiment, v2: the parts of a column's name, in lower case. */
export const nameParts = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
