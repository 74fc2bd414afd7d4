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
        keeps="texts, labels, prompt, optimiser, loss"
        learns="the model’s answers to its own texts; embedding table and tokenizer"
      />
      <div className="wire wire-across">
        <span>secret shares</span>
        <Arrow />
        <span>noise to either side alone</span>
      </div>
      <RoleCard
        as="model-owner"
        title="I have a model"
        chosen={role}
        onChoose={onChoose}
        keeps="every weight of the encoder and the head"
        learns="how many sequences of which padded length; no text, label or result"
      />
      <div className="dealer-row">
        <div className="wire wire-fork">
          <Fork />
          <span>correlated randomness, to both</span>
        </div>
        <RoleCard
          as="dealer"
          title="Deal randomness in this tab"
          chosen={role}
          onChoose={onChoose}
          keeps="its own randomness"
          learns="shapes; it sees no message between the two. Usually this site’s server does this."
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
  keeps: ReactNode;
  learns: ReactNode;
}

const RoleCard = ({ as, title, chosen, onChoose, keeps, learns }: RoleCardProps) => (
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
