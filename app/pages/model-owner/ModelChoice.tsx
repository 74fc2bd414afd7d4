import { useEffect } from 'react';
import { Card } from '../../components/Card';
import { Drop } from '../../components/Drop';
import { Note } from '../../components/Note';
import { useOffer } from '../../stores/offer';
import { BuiltInChoice } from './BuiltInChoice';
import { HubChoice } from './HubChoice';

/** A built-in model to try with, one's own folder, or a name of the hub's. */
export function ModelChoice() {
  const { builtIns, loading, files, again, problem, listBuiltIns, loadBuiltIn, loadFiles } = useOffer();
  useEffect(() => {
    listBuiltIns();
  }, [listBuiltIns]);
  return (
    <Card step={1} title="Model" done={files !== undefined}>
      {again && (
        <Note tone="plain" testId="offer-again">
          {again.from === 'files' ? (
            <p>
              You offered “{again.name}” here before this page was loaded anew. Choose its files again, and it is
              offered as soon as it is read, within the same budget.
            </p>
          ) : (
            <p>What you offered before this page was loaded anew is being read, and offered again by itself.</p>
          )}
        </Note>
      )}
      <p className="muted">The weights of its encoder and head never leave this tab.</p>
      <div className="columns">
        {builtIns.map((model) => (
          <BuiltInChoice
            key={model.id}
            model={model}
            chosen={files?.name === model.id}
            onChoose={() => loadBuiltIn(model.id)}
          />
        ))}
      </div>
      <Drop
        label="Or your own, as Hugging Face lays it out: a folder, or config.json, tokenizer.json and model.safetensors at once"
        accept=".json,.safetensors,.bin"
        multiple
        folders
        testId="model-files"
        onFiles={(_, dropped) => dropped.length > 0 && loadFiles(dropped)}
      >
        <span className="small" aria-live="polite">
          {loading && `Loading ${loading}…`}
        </span>
      </Drop>
      <HubChoice />
      {problem && (
        <Note tone="bad" testId="model-problem">
          <p>{problem}</p>
          {files && <p className="small">“{files.name}” stays chosen.</p>}
        </Note>
      )}
    </Card>
  );
}
