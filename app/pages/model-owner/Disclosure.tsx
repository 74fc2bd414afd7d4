import type { Pooling, Task } from '../../../src/models/config';
import { Card } from '../../components/Card';
import { Facts } from '../../components/Facts';
import { formatBytes, formatCount } from '../../lib/format';
import { type ModelFiles, useOffer } from '../../stores/offer';
import { useSession } from '../../stores/session';

/** The model as both sides will see it, and everything that the other side comes to know. */
export function Disclosure() {
  const files = useOffer((offer) => offer.files);
  const card = useSession((session) => session.model);
  if (!files && !card) return null;
  const rows: [string, string][] = card
    ? [
        ['Architecture', card.architecture],
        ['Answers', answers(card.task, card.pooling)],
        ['Layers', formatCount(card.layers)],
        ['Hidden size', formatCount(card.hidden)],
        ['Heads', formatCount(card.heads)],
        ['Feed-forward size', formatCount(card.intermediate)],
        ['Attention', attention(card.attention, card.frequencies)],
        ['Vocabulary', formatCount(card.vocabulary)],
        ['Longest text', `${formatCount(card.maxTokens)} tokens`],
        ['Private parameters', formatCount(card.privateParameters)],
        ['Public parameters', formatCount(card.publicParameters)],
      ]
    : fromFiles(files!);
  const task = card?.task ?? files!.summary.task;
  return (
    <Card title={`Model “${card?.name ?? files!.summary.name ?? files!.name}”`}>
      <div className="columns">
        <Facts facts={rows} style={{ alignContent: 'start' }} testId="model-card" />
        <div className="stack-tight">
          <h3>What the other side will learn</h3>
          <ul className="list small">
            <li>the model’s answers ({ANSWERS[task]}) to its own texts, up to your budget of numbers</li>
            <li>the shapes on the left: layers, sizes, heads</li>
            <li>the embedding layer, the output bias and the tokenizer, which are public here</li>
            <li>
              the value ranges and gate coefficients that the computation is planned with, and how many heads and
              channels share them
            </li>
          </ul>
          <h3>What it will not, if it follows the protocol</h3>
          <ul className="list small" data-kind="kept">
            <li>any weight of the {task === 'causal-lm' ? 'decoder' : 'encoder'}</li>
            {task === 'masked-lm' && <li>any weight of the head</li>}
            <li>any value between input and answer</li>
          </ul>
          <p className="small muted">
            Answers say something about a model, and enough of them let it be imitated; the budget bounds how many
            numbers are opened of a text and in all. Somebody who deviates from the protocol, or who runs server and
            dealer, can learn more.
          </p>
        </div>
      </div>
    </Card>
  );
}

const ANSWERS: Record<Task, string> = {
  'masked-lm': 'a number (logit) for each label word, or the whole state that those follow from, if your limit lets it',
  'causal-lm': 'a number (logit) for each label word, or the whole state that those follow from, if your limit lets it',
  embedding: 'the whole vector of each text, a hidden size of numbers',
};

const attention = (kind: string, frequencies: number): string =>
  frequencies > 0 ? `random features, ${formatCount(frequencies)} a head` : kind;

/** What the last layer is read for. */
const answers = (task: Task, pooling: Pooling | undefined): string => READ[task](pooling);

const READ: Record<Task, (pooling: Pooling | undefined) => string> = {
  'masked-lm': () => 'label words at a mask',
  'causal-lm': () => 'label words that come next',
  embedding: (pooling) => `one vector a text (${pooling === 'cls' ? 'its first token' : 'mean of its tokens'})`,
};

/** Before the handshake: from the file, as it stands there. */
function fromFiles({ summary, weights }: ModelFiles): [string, string][] {
  return [
    ['Architecture', summary.model_type],
    ['Answers', answers(summary.task, summary.pooling)],
    ['Layers', formatCount(summary.num_hidden_layers)],
    ['Hidden size', formatCount(summary.hidden_size)],
    ['Heads', formatCount(summary.num_attention_heads)],
    ['Feed-forward size', formatCount(summary.intermediate_size)],
    ['Attention', attention(summary.attention, summary.num_frequencies)],
    ['Vocabulary', formatCount(summary.vocab_size)],
    ['Weights', formatBytes(weights.reduce((sum, { size }) => sum + size, 0))],
  ];
}
