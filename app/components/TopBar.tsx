import { ROLE_NAME } from '../lib/roles';
import { useSession } from '../stores/session';
import { useTheme } from '../stores/theme';
import { Mark, MoonIcon, SunIcon } from './Icons';

export function TopBar() {
  const terms = useSession((session) => session.terms);
  const { theme, toggle } = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <header className="bar">
      <div className="bar-inner">
        {/* During a session the way out is "Leave", which asks; the mark is no trapdoor. */}
        {terms ? (
          <span className="wordmark">
            <Mark /> SecFwT
          </span>
        ) : (
          <a className="wordmark" href="#/">
            <Mark /> SecFwT
          </a>
        )}
        <span className="spacer" />
        {terms && (
          <span className="badge" data-role={terms.role}>
            <span>
              <span className="wide-only">you are the </span>
              {ROLE_NAME[terms.role]}
            </span>
          </span>
        )}
        <button
          type="button"
          className="icon-button"
          onClick={toggle}
          aria-label={`Use the ${other} theme`}
          title={`Use the ${other} theme`}
        >
          {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
        </button>
      </div>
    </header>
  );
}
