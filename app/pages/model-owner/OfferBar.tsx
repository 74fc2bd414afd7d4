import { formatCount, sentence } from '../../lib/format';
import { offerModel } from '../../party/offer-actions';
import { budgetText, type OfferState, parseBudget, sequenceProblem, sequenceText, useOffer } from '../../stores/offer';

/** The offer, within reach wherever the page stands, with what it lets be opened or what it lacks. */
export function OfferBar() {
  const offer = useOffer();
  if (offer.offered !== undefined) return null;
  const lacks = lacking(offer);
  return (
    <section className="action-bar" aria-label="Offer">
      <p className="small" data-testid="offer-status">
        {lacks ?? (
          <>
            <strong className="number">{formatCount(parseBudget(budgetText(offer))!)}</strong> numbers opened at most,{' '}
            <span className="number">{formatCount(parseBudget(sequenceText(offer))!)}</span> of one text
          </>
        )}
      </p>
      <button
        type="button"
        className="button button-main"
        disabled={lacks !== undefined}
        onClick={offerModel}
        data-testid="offer-model"
      >
        Offer this model
      </button>
    </section>
  );
}

/** What has to be done before the model can be offered, the first thing first; undefined where nothing has. */
function lacking(offer: OfferState): string | undefined {
  const { files, loading, calibrating } = offer;
  if (loading) return `Loading ${loading}…`;
  if (!files) return 'Model: choose one, or load your own.';
  if (calibrating) return 'Calibration: under way.';
  if (!files.estimate) return 'Calibration: it has to be calibrated first.';
  const { problem } = files.estimate;
  if (problem) return sentence(problem);
  const narrow = sequenceProblem(files, parseBudget(sequenceText(offer)));
  if (narrow) return `Budget of a text: ${narrow}`;
  if (parseBudget(budgetText(offer)) === undefined) return 'Budget in all: type a positive whole number.';
  return undefined;
}
