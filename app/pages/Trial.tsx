import { useEffect } from 'react';
import type { Role } from '../../src/session/messages';
import { Note } from '../components/Note';
import { sessionHash } from '../lib/route';
import { offerModel } from '../party/offer-actions';
import { useDataset } from '../stores/dataset';
import { canBeOffered, useOffer } from '../stores/offer';
import { type SessionTerms, useSession } from '../stores/session';

/** One person plays both parties. What the two would choose is chosen: the first built-in model, offered, and the sample; starting is left. */
export function Trial({ role }: { role: Role }) {
  return role === 'model-owner' ? <AsModelOwner /> : <AsDataOwner />;
}

const HONEST = 'This shows how it works and protects nothing, since you have both sides.';

function AsModelOwner() {
  const { files, builtIns, loading, offered, problem, listBuiltIns, loadBuiltIn } = useOffer();
  const terms = useSession((session) => session.terms);
  const alone = useSession(({ links }) => links['data-owner'] === 'waiting');
  useEffect(() => {
    listBuiltIns();
  }, [listBuiltIns]);
  const first = builtIns[0];
  const missing = !files && !loading && !problem;
  useEffect(() => {
    if (first && missing) void loadBuiltIn(first.id);
  }, [first, missing, loadBuiltIn]);
  const due = terms !== undefined && canBeOffered(files) && offered === undefined;
  useEffect(() => {
    if (due) offerModel();
  }, [due]);
  return (
    <Note testId="trial">
      <p>
        <strong>A trial with yourself.</strong> This tab plays the model owner, with a built-in model; leave it open.
        The other tab plays the data owner: go there to start. {HONEST}
      </p>
      {terms && alone && (
        <p>
          <a href={otherTab(terms)} target="_blank" rel="noopener">
            Open the other tab again
          </a>
        </p>
      )}
    </Note>
  );
}

const otherTab = (terms: SessionTerms): string => sessionHash({ ...terms, role: 'data-owner', host: false });

function AsDataOwner() {
  const ready = useSession((session) => session.stage === 'ready');
  useEffect(() => {
    const { training, loadSample } = useDataset.getState();
    if (!training.table && !training.reading) void loadSample();
  }, []);
  return (
    <Note testId="trial">
      <p>
        <strong>A trial with yourself.</strong> This tab plays the data owner, with a sample of made-up notes; the other
        tab plays the model owner. {ready ? 'Everything is chosen: start when you like.' : 'The two tabs are meeting.'}{' '}
        {HONEST}
      </p>
    </Note>
  );
}
