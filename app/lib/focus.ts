import { type RefObject, useEffect, useRef } from 'react';

/** Somebody has used the page, and not just opened it. */
let used = false;
addEventListener('focusin', () => {
  used = true;
});

/**
 * Where a keyboard goes on when what had the focus went away: to the page's title once the page is another one, to the first card's when `view` is.
 * Who has the focus elsewhere keeps it.
 */
export function useFocus<Page extends HTMLElement>(view: string): RefObject<Page | null> {
  const page = useRef<Page>(null);
  const before = useRef<string>(undefined);
  useEffect(() => {
    const isNew = before.current === undefined;
    if (before.current === view) return;
    before.current = view;
    const { activeElement } = document;
    if (!used || (activeElement && activeElement !== document.body)) return;
    const heading = page.current?.querySelector<HTMLElement>(isNew ? 'h1' : 'h2');
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus();
  }, [view]);
  return page;
}
