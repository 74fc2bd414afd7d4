/** Stopping a run that a session broke off. */
import { beforeEach, expect, it } from 'vitest';
import { applyEvent } from '../../app/party/events';
import { stopTraining } from '../../app/party/training-actions';
import { useTraining } from '../../app/stores/training';
import { BASELINE, PREPARED, RESULT } from './fixtures';

const training = () => useTraining.getState();

beforeEach(() => {
  training().forget();
  training().begin(PREPARED.settings);
});

it('keeps the best so far, though no worker is there that could say it', () => {
  applyEvent({ type: 'baseline', evaluation: BASELINE, alone: [] });
  applyEvent({ type: 'best', result: RESULT });
  training().interrupt(undefined);
  stopTraining();
  expect(training()).toMatchObject({ phase: 'finished', runs: [{ result: { method: RESULT.method } }] });
});

it('leads back to the steps where there is nothing yet', () => {
  training().interrupt(undefined);
  stopTraining();
  expect(training()).toMatchObject({ phase: 'setup', runs: [] });
});
