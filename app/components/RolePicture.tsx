import type { ReactNode } from 'react';
import type { Role } from '../../src/session/messages';

interface RolePictureProps {
  role?: Role;
  onChoose(role: Role): void;
}

/** Who holds what and who learns what; choosing a place in the picture is choosing one's role. */
export const RolePicture = ({ role, onChoose }: RolePictureProps) => (
  <fieldset>
    <legend className="unseen">Who are you in this session?</legend>
    <div className="triangle">
      <RoleCard
        as="data-owner"
        title="I have data"
        chosen={role}
        onChoose={onChoose}
        gets="a classifier for your labels in a file of your own, and how often it is right"
        keeps="every text and label, and all that is learned from them"
        learns="the model’s answers to your texts, as many as its owner allows, and its vocabulary with word vectors"
      />
      <div className="wire wire-across">
        <span>numbers in two halves</span>
        <Arrow />
        <span>noise to either side alone</span>
      </div>
      <RoleCard
        as="model-owner"
        title="I have a model"
        chosen={role}
        onChoose={onChoose}
        gets="your model put to use where you could not send it, within limits that you set"
        keeps="every weight but the vocabulary’s word vectors"
        learns="how many texts are computed, and when, all filled up to one length; no text, label or result"
      />
      <div className="dealer-row">
        <div className="wire wire-fork">
          <Fork />
          <span>random numbers to hide behind, to both</span>
        </div>
        <RoleCard
          as="dealer"
          title="Deal randomness in this tab"
          chosen={role}
          onChoose={onChoose}
          gets="nothing; it helps two who would rather not trust this site’s server for it"
          keeps="its random numbers"
          learns="the model’s shape and how many texts there are; it sees no message between the two"
        />
      </div>
    </div>
  </fieldset>
);

const Arrow = () => (
  <svg viewBox="0 0 120 12" className="arrow" aria-hidden="true">
    <path d="M2 6H118M8 1 2 6l6 5M112 1l6 5-6 5" />
  </svg>
);

/** From the dealer's card up to both others. */
const Fork = () => (
  <svg viewBox="0 0 100 10" preserveAspectRatio="none" className="fork wide-only" aria-hidden="true">
    <path d="M20 0V5H80V0M50 5V10" />
  </svg>
);

interface RoleCardProps {
  as: Role;
  title: string;
  chosen?: Role;
  onChoose(role: Role): void;
  gets: ReactNode;
  keeps: ReactNode;
  learns: ReactNode;
}

const RoleCard = ({ as, title, chosen, onChoose, gets, keeps, learns }: RoleCardProps) => (
  <div className="role-card" data-role={as}>
    <label className="title">
      <input
        type="radio"
        name="role"
        checked={chosen === as}
        onChange={() => onChoose(as)}
        data-testid={`role-${as}`}
      />
      {title}
    </label>
    <dl>
      <div>
        <dt>Gets</dt>
        <dd>{gets}</dd>
      </div>
      <div>
        <dt>Keeps to itself</dt>
        <dd>{keeps}</dd>
      </div>
      <div>
        <dt>Learns</dt>
        <dd>{learns}</dd>
      </div>
    </dl>
  </div>
);
