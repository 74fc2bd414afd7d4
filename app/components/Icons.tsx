/** Line icons, 24 units square. Decorative: whoever uses one names the control. */
import type { ReactNode } from 'react';

const icon = (content: ReactNode) => () => (
  <svg
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.75"
    strokeLinecap="round"
    strokeLinejoin="round"
    width="18"
    height="18"
    aria-hidden="true"
  >
    {content}
  </svg>
);

export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5Z" />);
export const CopyIcon = icon(
  <>
    <rect x="9" y="9" width="11" height="11" rx="2" />
    <path d="M5 15V6a2 2 0 0 1 2-2h9" />
  </>,
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const DownloadIcon = icon(<path d="M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 20h14" />);
export const FileIcon = icon(<path d="M13 3H6a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V9l-6-6Zm0 0v6h6" />);

/** Three overlapping discs in the roles' colours. */
export const Mark = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <circle cx="11" cy="12" r="8" fill="var(--data-owner)" />
    <circle cx="21" cy="12" r="8" fill="var(--model-owner)" fillOpacity="0.85" />
    <circle cx="16" cy="21" r="8" fill="var(--dealer)" fillOpacity="0.85" />
  </svg>
);
