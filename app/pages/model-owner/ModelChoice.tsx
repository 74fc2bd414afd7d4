import { useEffect } from 'react';
import { Card } from '../../components/Card';
import { Drop } from '../../components/Drop';
import { Note } from '../../components/Note';
import { useOffer } from '../../stores/offer';
import { BuiltInChoice } from './BuiltInChoice';

/** A built-in model to try with, or one's own three files. */
export function ModelChoice() {
  const { builtIns, loading, files, problem, listBuiltIns, loadBuiltIn, loadFiles } = useOffer();
  useEffect(() => {
    listBuiltIns();
  }, [listBuiltIns]);
  return (
    <Card step={1} title="Model" done={files !== undefined}>
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
        label="Or your own: config.json, tokenizer.json and model.safetensors, all three at once"
        accept=".json,.safetensors"
        multiple
        testId="model-files"
        onFiles={(chosen) => chosen.length > 0 && loadFiles(chosen)}
      >
        <span className="small" aria-live="polite">
          {loading && `Loading ${loading}…`}
        </span>
      </Drop>
      {problem && (
        <Note tone="bad" testId="model-problem">
          <p>{problem}</p>
          {files && <p className="small">“{files.summary.name ?? files.name}” stays chosen.</p>}
        </Note>
      )}
    </Card>
  );
}
