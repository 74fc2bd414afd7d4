/** What a model owner can do: offer its model, and change how many numbers may be opened. */
import { openedUnder } from '../lib/opened';
import { rememberPlace } from '../lib/tab-place';
import { budgetText, canBeOffered, parseBudget, sequenceProblem, sequenceText, useOffer } from '../stores/offer';
import { useSession } from '../stores/session';
import { send } from './current';

/** The running connection was offered a model. */
let isOffering = false;

/** Of a connection that begins. */
export function forgetOffering(): void {
  isOffering = false;
}

export function offerModel(): void {
  const { files, offered, setOffered, setUsed } = useOffer.getState();
  const { terms } = useSession.getState();
  // A session that broke off has the budget that was agreed to, not one that is being typed.
  const numbers = offered ?? parseBudget(budgetText(useOffer.getState()));
  const mostOfSequence = parseBudget(sequenceText(useOffer.getState()));
  if (!canBeOffered(files) || numbers === undefined || sequenceProblem(files, mostOfSequence)) return;
  const { config, tokenizer, weights, calibration } = files;
  // Who joined by a typed code has the key by now.
  const used = terms?.key === undefined ? 0 : openedUnder(terms.key);
  const limits = { budget: numbers, mostOfSequence: mostOfSequence!, used };
  send({ type: 'offer', config, tokenizer, weights, calibration, ...limits });
  isOffering = true;
  setUsed(used);
  setOffered(numbers);
  rememberOffer();
}

/** For when this page is loaded anew. */
function rememberOffer(): void {
  const { source, offered } = useOffer.getState();
  const { terms } = useSession.getState();
  if (!terms || !source || offered === undefined) return;
  const { code, role } = terms;
  const mostOfSequence = sequenceText(useOffer.getState());
  rememberPlace({ code, role, offered: { source, budget: String(offered), mostOfSequence } });
}

/** What was offered under this invitation, to a connection that has no offer yet. */
export function offerAgain(): void {
  if (!isOffering) offerModel();
}

export function changeBudget(): void {
  const { setOffered } = useOffer.getState();
  const numbers = parseBudget(budgetText(useOffer.getState()));
  if (numbers === undefined) return;
  send({ type: 'budget', numbers });
  setOffered(numbers);
  rememberOffer();
}
