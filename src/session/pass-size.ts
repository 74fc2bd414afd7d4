/** How large a pass is, and how a batch is cut into passes. */

/** So many candidates' prompts, each before so many texts; one candidate where prompts are not given apart (`RunShape.slots`). */
export interface PassSize {
  candidates: number;
  texts: number;
}

/** Texts under one prompt, or under none, or each with its own in it. */
export const ofTexts = (texts: number): PassSize => ({ candidates: 1, texts });

export const ONE: PassSize = ofTexts(1);

export const sequencesIn = ({ candidates, texts }: PassSize): number => candidates * texts;

/** The size of this batch's passes where they may have so many sequences: as many candidates as there is room for with all texts, else one with some. */
export function within({ candidates, texts }: PassSize, most: number): PassSize {
  const some = Math.min(texts, most);
  return { candidates: Math.max(1, Math.min(candidates, Math.floor(most / some))), texts: some };
}

/** Some of a batch's candidates and of its texts, by the first of them. */
export interface PassPart extends PassSize {
  candidate: number;
  text: number;
}

/** The passes of at most this size that a batch, or a part of one, is cut into, as few and as equal as can be. They depend on sizes alone. */
export function partsOf(
  { candidate = 0, text = 0, ...size }: PassSize & Partial<PassPart>,
  most: PassSize,
): PassPart[] {
  const texts = evenly(size.texts, most.texts);
  return evenly(size.candidates, most.candidates).flatMap((some) =>
    texts.map(({ from, count }) => ({
      ...{ candidate: candidate + some.from, candidates: some.count },
      ...{ text: text + from, texts: count },
    })),
  );
}

/** The row of a part's sequence in its batch, both candidate by candidate. */
export const rowIn = ({ texts }: PassSize, part: PassPart, i: number): number =>
  (part.candidate + Math.floor(i / part.texts)) * texts + part.text + (i % part.texts);

/** The passes that a batch, or a part of one, is cut into where one may have so many sequences. */
export const cut = (batch: PassSize & Partial<PassPart>, most: number): PassPart[] =>
  partsOf(batch, within(batch, most));

function evenly(all: number, most: number): { from: number; count: number }[] {
  const parts = Math.ceil(all / most);
  const least = Math.floor(all / parts);
  const larger = all - parts * least;
  return Array.from({ length: parts }, (_, i) => ({
    from: i * least + Math.min(i, larger),
    count: least + Number(i < larger),
  }));
}

/**
 * The strands that a pass is walked in: two halves, so that each computes while what the other says is on its way. By texts where there are two: their rows are most of what
 * is computed apart from prompts, and no text is in both.
 */
export const strandsOf = (size: PassSize): PassPart[] =>
  partsOf(size, size.texts > 1 ? { ...size, texts: half(size.texts) } : { ...size, candidates: half(size.candidates) });

const half = (n: number): number => Math.ceil(n / 2);
