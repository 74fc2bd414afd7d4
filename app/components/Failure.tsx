import { Component, type ReactNode } from 'react';
import { sentence } from '../lib/format';
import { Note } from './Note';

interface FailureProps {
  children: ReactNode;
}

/** In place of a page that can't be drawn. Data, settings and the session are no part of what is drawn, so they outlive it. */
export class Failure extends Component<FailureProps, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="page">
        <h1>This page can’t be shown</h1>
        <Note tone="bad">
          <p>{sentence(error.message)}</p>
        </Note>
        <p>What you loaded, and a session under way, are still in this tab. Only reloading it would lose them.</p>
        <div className="row">
          <button type="button" className="button button-main" onClick={() => this.setState({ error: undefined })}>
            Show the page again
          </button>
        </div>
      </main>
    );
  }
}
