import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Leaks, readCorpus, sentences } from '../../tools/pretrain/corpus';
import { ANSWER_INDEX, Examples, randomFrom } from '../../tools/pretrain/examples';
import { Encoder, MASK, split, trainTokenizer } from '../../tools/pretrain/tokenizer';
import { forcedWords } from '../../tools/pretrain/words';

describe('corpus', () => {
  it('cuts sentences at their marks, quotes included', () => {
    const cut = sentences(split('It was good. He said "really good!" Was it?! yes, it was')).map((s) => s.join(' '));
    expect(cut).toEqual(['it was good .', 'he said " really good ! "', 'was it ? !', 'yes , it was']);
  });

  it('finds an evaluation sentence inside a text, however punctuated', () => {
    const leaks = new Leaks(['a stirring , funny and finally transporting film', 'too short']);
    expect(leaks.find(split('Yes: a stirring, funny and finally transporting film.'))).toBeDefined();
    expect(leaks.find(split('A stirring, funny and finally transporting movie'))).toBeUndefined();
    expect(leaks.find(split('too short'))).toBeUndefined();
  });
});

const folder = '../shared/data';
const present = existsSync(`${folder}/imdb-train.tsv.gz`);
if (!present) console.log(`skipped: no corpus in ${folder}`);

describe.skipIf(!present)('examples', () => {
  it('are well formed, repeatable and answered at the answer index', () => {
    const corpus = readCorpus(folder, 600);
    expect(corpus.dropped['not a film review']).toBe(1);
    const counts = new Map<string, number>();
    for (const d of [...corpus.labelled, ...corpus.unlabelled])
      for (const w of d.sentences.flat()) counts.set(w, (counts.get(w) ?? 0) + 1);
    const encoder = new Encoder(trainTokenizer(counts, forcedWords(), 2500));
    const examples = new Examples(corpus, encoder);
    const draw = () => {
      const random = randomFrom(5);
      const mixture = { cloze: 1, opinion: 1, quality: 1, topic: 1, kind: 1 };
      return Array.from({ length: 200 }, () => examples.next(mixture, 32, random));
    };
    const drawn = draw();
    expect(drawn).toEqual(draw());
    for (const { kind, ids, picks } of drawn) {
      expect(ids.length).toBeLessThanOrEqual(32);
      for (const p of picks) expect(p.position).toBeLessThan(ids.length - 1);
      if (kind === 'cloze') continue;
      expect(picks[0]?.position).toBe(ANSWER_INDEX);
      expect(ids[ANSWER_INDEX]).toBe(MASK);
    }
  });
});
