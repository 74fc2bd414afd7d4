/**
 * Who can do what that the protocol does not keep it from, and who notices: the table of SECURITY.md, row by row, and what the pages say of it.
 * A test holds the two to each other, and every row to the tests that show it.
 */
import type { Role } from '../../src/session/messages';

export interface Deviation {
  /** Who deviates from the protocol, or works together. */
  who: string;
  /** What it gets, or does. */
  can: string;
  /** What the honest sides see of it. */
  noticed: string;
  /** Whose page says so: whose secrets or answers it is about. */
  told: readonly Role[];
}

const BOTH: readonly Role[] = ['data-owner', 'model-owner'];

export const DEVIATIONS: readonly Deviation[] = [
  {
    who: 'A data owner that changes what it sends',
    can: 'Read weights: a known number added to one masked operand shows in the answer. Two sequences give the whole γ of the last LayerNorm.',
    noticed: 'no; the numbers opened are counted, as any are',
    told: ['model-owner'],
  },
  {
    who: 'A data owner without this page',
    can: 'Put in any numbers instead of texts, and read any columns instead of label words, as many of a sequence as are let be opened.',
    noticed:
      'only as numbers opened: it gets none beyond the limits of a sequence and of all sessions under one invitation',
    told: ['model-owner'],
  },
  {
    who: 'A data owner that keeps to the protocol',
    can: 'Imitate the model by enough answers. Limits of a sequence and of all sessions under one invitation bound how many it gets. Another invitation begins to count anew, and so does a page that is loaded anew in a browser that keeps nothing; a month after the last one, counts are forgotten.',
    noticed: 'both sides see the numbers opened counted',
    told: ['model-owner'],
  },
  {
    who: 'A model owner that computes something else',
    can: 'Make answers wrong, each by as much as it likes. It does not learn them, and no answer ends a run; but it sees what is done next: that a search ends because it gains nothing, that another run follows.',
    noticed: 'no; answers far beyond what the model was calibrated on are counted',
    told: ['data-owner'],
  },
  {
    who: 'A model owner that makes a word’s embedding too large',
    can: 'Nothing: it is refused before a text is read, and what is too large all the same goes into the run cut to size, with the same messages.',
    noticed: 'the refusal names tensor and row; numbers that were cut are counted, on the data owner’s side alone',
    told: [],
  },
  {
    who: 'A model owner that makes a word many tokens long',
    can: 'Learn that many of the texts have it, from the padded length where that is left to the texts, or from how many are of which length where several are asked for.',
    noticed: 'the data owner’s page shows the length before it starts; a single one that was chosen tells nothing',
    told: ['data-owner'],
  },
  {
    who: 'The dealer together with the model owner',
    can: 'Read the texts, label words and answers, and every value in between.',
    noticed: 'no',
    told: ['data-owner', 'dealer'],
  },
  {
    who: 'The dealer together with the data owner',
    can: 'Read the model’s weights, and every value in between.',
    noticed: 'no',
    told: ['model-owner', 'dealer'],
  },
  {
    who: 'A dealer that deals wrongly',
    can: 'Make answers wrong. It sees no more by it than what is done next, as the model owner does.',
    noticed: 'no',
    told: BOTH,
  },
  {
    who: 'Whoever controls the pages that are delivered',
    can: 'Anything: a page has its side’s secrets.',
    noticed: 'no',
    told: BOTH,
  },
  {
    who: 'Whoever can change what is on the line to the server, over plain HTTP',
    can: 'Be as the server: the pages come over that line. A page that comes so from another machine does nothing but say what is wrong, and no seed goes over such a line; but it is the page that says and does so.',
    noticed: 'no',
    told: [],
  },
  {
    who: 'Whoever runs the signalling server, or can change what it says',
    can: 'Keep people apart: refuse to introduce them, take a name that one of them waits under, use up a code’s tries. Not get in between: both sides prove the invitation’s key over the certificates of their connection.',
    noticed: 'an attempt to get in between is refused by both pages, and counted by the host’s',
    told: [],
  },
  {
    who: 'Whoever has the link, or the whole code',
    can: 'Take a participant’s place, the dealer’s tab among them: first come, first served, also where a session broke off: pages come back and offer the model again without anybody looking at the digits. As a data owner it can use up the budget and get answers. In between, it shows the two different digits.',
    noticed: 'the one who comes second is refused; digits that differ, when people compare them',
    told: BOTH,
  },
  {
    who: 'Whoever guesses at a code',
    can: 'Try one of 2^20 each time that it talks to a host, five in all until the host’s page is loaded anew; one more each time that somebody who types the code is led to it. Nothing that it hears lets it try by itself. A link has no code to guess.',
    noticed: 'the host’s page counts the tries; who typed the code is told that somebody else answered',
    told: [],
  },
  {
    who: 'Whoever has the invitation and the data owner’s disk',
    can: 'Read what is kept of a run that broke off: answers, prompt and settings, but no texts. A model owner that gets at that disk is one of them.',
    noticed: 'no',
    told: ['data-owner'],
  },
  {
    who: 'A model owner that reads the data owner’s disk while passes are prepared ahead',
    can: 'Read the texts of passes of these that are still to come, and the label words where a run opens these. Of passes that were made, nothing: their keys are wiped.',
    noticed: 'no',
    told: ['data-owner'],
  },
  {
    who: 'A data owner that reads the model owner’s disk while passes are prepared ahead',
    can: 'Read the model’s weights, of which it has the masked matrices.',
    noticed: 'no',
    told: ['model-owner'],
  },
  {
    who: 'A stranger with many addresses',
    can: 'Use up the server: places and memory of the dealer, signalling ids, processor time. One address has limits, and the server’s memory has one for all together; connections that ask for plain files have none, which is a proxy’s or a firewall’s business.',
    noticed: 'sessions are refused or fail, with the reason',
    told: [],
  },
  {
    who: 'The model owner, the dealer, and anybody on the network',
    can: 'See when passes run and how large they are.',
    noticed: 'no: it is how computing together looks from outside',
    told: ['data-owner'],
  },
];
