import { useState } from 'react';
import { CheckIcon, CopyIcon } from './Icons';

interface CopyButtonProps {
  text: string;
  what: string;
  testId?: string;
}

export function CopyButton({ text, what, testId }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  const copy = async () => {
    // Absent on plain http, refused without permission: the text stands beside the button, so say so and let it be selected.
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setOutcome(done ? 'copied' : 'refused');
    setTimeout(() => setOutcome(undefined), 3000);
  };
  return (
    <button type="button" className="button button-small" onClick={copy} data-testid={testId}>
      {outcome === 'copied' ? <CheckIcon /> : <CopyIcon />}
      <span aria-live="polite">
        {outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Select it by hand' : `Copy ${what}`}
      </span>
    </button>
  );
}
